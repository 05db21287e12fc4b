using System.Diagnostics;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>SIGKILL at a random instant of each verb: the same call, made again, does what it should have done.</summary>
public sealed class KilledVerbTests(LabFixture lab) : FaultTest(lab)
{
    private const int Usual = 2;
    private const int Batch = 8;
    private const int Measured = 2;
    private const int MostMore = 10;
    private const string Node = "node1";

    [Theory]
    [InlineData("init", "")]
    [InlineData("getvolumename", "")]
    [InlineData("attach", "formatted")]
    [InlineData("attach", "blank")]
    [InlineData("attach", "absent")]
    [InlineData("waitforattach", "formatted")]
    [InlineData("isattached", "formatted")]
    [InlineData("mountdevice", "formatted")]
    [InlineData("mount", "formatted")]
    [InlineData("mount", "blank")]
    [InlineData("mount", "absent")]
    [InlineData("unmount", "mounted")]
    [InlineData("unmountdevice", "")]
    [InlineData("detach", "")]
    [InlineData("expandvolume", "formatted")]
    [InlineData("expandfs", "formatted")]
    [InlineData("status", "mounted")]
    [InlineData("doctor", "")]
    [InlineData("release", "mounted")]
    public void a_call_killed_at_a_random_instant_is_made_good_by_the_same_call(string verb, string image)
    {
        ArgumentNullException.ThrowIfNull(verb);
        Random dice = FaultRounds.Dice(1);
        TimeSpan whole = Enumerable.Range(0, Measured).Min(_ => Timed(NewVictim(verb, image)));
        int rounds = FaultRounds.Of(Usual);
        int killed = 0;
        int tried = 0;

        // A short call may have ended before each of a few kills, on a machine that is slow to send them.
        while (tried < rounds || (killed == 0 && tried < rounds + MostMore))
        {
            Victim[] victims = [.. Enumerable.Range(0, Math.Clamp(rounds - tried, 1, Batch)).Select(_ => NewVictim(verb, image))];
            tried += victims.Length;
            foreach (Victim victim in victims)
            {
                using DriverProcess call = Driver.Start(victim.Arguments);
                Thread.Sleep(FaultRounds.Part(dice, whole));
                call.Kill();
                (int exit, string raw) = call.Wait();
                killed += exit == 0 ? 0 : 1;
                Answers.HasNoPartOf(Driver.Key, raw);
                Assert.True(verb != "mount" || IsWholeOrNothing(victim), $"a mount point without a whole tag: {victim.Dir}");
            }

            // A watcher that a killed call left is waited for by all of them together.
            Parallel.ForEach(victims, new ParallelOptions { MaxDegreeOfParallelism = Batch }, Repeat);
            Array.ForEach(victims, CheckAndEnd);
            Leftovers.NoneOnNode(Driver);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{verb} {image}: {killed} of {tried} killed within {whole.TotalMilliseconds:0} ms, the others had ended");
        Assert.True(killed > 0, "no call was killed before its end: the rounds show nothing");
    }

    private static bool IsWholeOrNothing(Victim victim)
    {
        if (Mounted.At(victim.Dir).Count == 0)
        {
            return true;
        }

        IsMounted(victim.Dir, victim.Image);
        return true;
    }

    private TimeSpan Timed(Victim victim)
    {
        var watch = Stopwatch.StartNew();
        using DriverProcess call = Driver.Start(victim.Arguments);
        call.Wait();
        watch.Stop();
        Repeat(victim);
        CheckAndEnd(victim);
        return watch.Elapsed;
    }

    private Victim NewVictim(string verb, string kind)
    {
        string image = kind switch
        {
            "formatted" or "mounted" => Formatted(),
            "blank" => Blank(),
            _ => NewName(),
        };
        string dir = Driver.NewMountDir(image);
        Victim victim = new(verb, kind, image, dir, kind is "blank" or "absent" ? "64Mi" : "16Mi");
        if (kind == "mounted")
        {
            Driver.Succeed("mount", dir, victim.PodOptions);
        }

        return victim;
    }

    private void Repeat(Victim victim)
    {
        if (victim.Verb is "status" or "doctor" or "release")
        {
            using DriverProcess call = Driver.Start(victim.Arguments);
            (int exit, string text) = call.Wait();
            Answers.HasNoPartOf(Driver.Key, text);

            // The doctor complains of what this machine lacks as a node, the status of other tests' volumes.
            Assert.True(exit == 0 || (victim.Verb != "release" && exit == 1), $"{exit}: {text}");
            Assert.True(victim.Verb == "doctor" || text.Contains($"hyper/{victim.Image}", StringComparison.Ordinal), text);
            return;
        }

        Reply reply = DeadClients.Outlast(Lab, $"hyper/{victim.Image}", () => Driver.Call(victim.Arguments));
        Answers.Check(reply, Driver.Key, seconds: 60, victim.Verb, victim.Verb == "expandfs" ? victim.Image : null);
        Assert.True(reply.Status == (victim.Verb == "expandfs" ? "Failure" : "Success"), reply.Raw);
        Assert.True(victim.Verb != "isattached" || reply.Json.GetProperty("attached").GetBoolean(), reply.Raw);
        Assert.True(victim.Verb is not ("attach" or "waitforattach") || reply.Device == $"rbd:hyper/{victim.Image}", reply.Raw);
    }

    private void CheckAndEnd(Victim victim)
    {
        switch (victim.Verb)
        {
            case "mount" or "status":
                IsMounted(victim.Dir, victim.Image);
                break;
            case "release":
                // Another node may have it now.
                PublishedDriver other = NewDriver().With("nodeName", "n2");
                string dir = other.NewMountDir();
                other.Succeed("mount", dir, victim.PodOptions);
                other.Succeed("unmount", dir);
                break;
            case "expandvolume":
                using (var info = JsonDocument.Parse(Ceph("rbd", "info", $"hyper/{victim.Image}", "--format", "json")))
                {
                    Assert.Equal(32L << 20, info.RootElement.GetProperty("size").GetInt64());
                }

                Ceph("rbd", "resize", "--allow-shrink", "--no-progress", "--size", "16M", $"hyper/{victim.Image}");
                break;
            default:
                break;
        }

        Driver.Succeed("unmount", victim.Dir);
        IsEmpty(victim.Dir);
        switch (victim.Kind)
        {
            case "formatted" or "mounted":
                HoldsItsContents(victim.Image);
                Leftovers.NoneInCluster(victim.Image);
                break;
            case "blank" or "absent":
                HoldsAFileSystem(victim.Image);
                Leftovers.NoneInCluster(victim.Image);
                break;
            default:
                break;
        }

        Lab.Run("rbd", "rm", "--no-progress", $"hyper/{victim.Image}");
    }

    private sealed record Victim(string Verb, string Kind, string Image, string Dir, string Size)
    {
        public string Options => Volume.Options(Image, Volume.Size(Size));

        public string PodOptions => Volume.PodOptions(Image, Volume.Size(Size));

        public string[] Arguments => Verb switch
        {
            "init" => [Verb],
            "getvolumename" => [Verb, Options],
            "attach" or "isattached" => [Verb, Options, Node],
            "waitforattach" => [Verb, $"rbd:hyper/{Image}", Options],
            "mountdevice" => [Verb, Dir, $"rbd:hyper/{Image}", Options],
            "mount" => [Verb, Dir, PodOptions],
            "unmount" or "unmountdevice" => [Verb, Dir],
            "detach" => [Verb, Image, Node],
            "expandvolume" => [Verb, Options, Dir, "33554432", "16777216"],
            "expandfs" => [Verb, Options, $"rbd:hyper/{Image}", Dir, "33554432", "16777216"],
            "release" => [Verb, "--yes", $"hyper/{Image}"],
            _ => [Verb],
        };
    }
}
