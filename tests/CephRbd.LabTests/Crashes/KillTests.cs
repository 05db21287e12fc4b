using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Crashes;

/// <summary>A mount killed at any moment: the next one makes good whatever was begun.</summary>
public sealed class KillTests(LabFixture lab) : DriverTest(lab)
{
    private const int Features = 61;
    private readonly List<Victim> _victims = [];

    [Fact]
    public void a_mount_killed_after_any_of_its_steps_is_made_good_by_the_next()
    {
        int steps = StepsOfAMount().Length;
        Assert.True(steps > 12, $"only {steps} steps");
        for (int step = 1; step < steps; step++)
        {
            Victim victim = NewVictim($"step{step}");
            int seen = 0;
            int last = step;
            using DriverProcess process = Driver.Start(
                (self, _) =>
                {
                    if (++seen == last)
                    {
                        self.Kill();
                    }
                },
                ["--verbose", "mount", victim.Dir, victim.Options]);
            process.Wait();
        }

        EachIsMadeGood();
    }

    [Fact]
    public void a_mount_killed_at_a_random_moment_is_made_good_by_the_next()
    {
        Driver.Succeed("mount", Driver.NewMountDir("warm"), Volume.PodOptions(NewName(), Volume.Size("64Mi")));
        double whole = Driver.Succeed("mount", Driver.NewMountDir("measured"), Volume.PodOptions(NewName(), Volume.Size("64Mi"))).Elapsed.TotalMilliseconds;
        Random random = new(1);
        for (int i = 0; i < 30; i++)
        {
            Victim victim = NewVictim($"random{i}", blank: i % 2 == 1);
            using DriverProcess process = Driver.Start("mount", victim.Dir, victim.Options);
            Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * whole));
            process.Kill();
            process.Wait();
        }

        EachIsMadeGood();
    }

    [Fact]
    public void an_unmount_killed_at_a_random_moment_is_made_good_by_the_next()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        Random random = new(3);
        for (int i = 0; i < 25; i++)
        {
            Driver.Succeed("mount", dir, Volume.PodOptions(image));
            using (DriverProcess process = Driver.Start("unmount", dir))
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 30));
                process.Kill();
                process.Wait();
            }

            Driver.Succeed("unmount", dir);
            Assert.Empty(Mounted.At(dir));
            Assert.Empty(Directory.EnumerateFileSystemEntries(dir));
        }
    }

    private string[] StepsOfAMount()
    {
        using DriverProcess process = Driver.Start("--verbose", "mount", Driver.NewMountDir("whole"), Volume.PodOptions(NewName(), Volume.Size("64Mi")));
        (int exit, string raw) = process.Wait();
        Assert.True(exit == 0 && raw.Contains("\"Success\"", StringComparison.Ordinal), raw);
        string[] lines = raw.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string part in (string[])["create image", "format lock", "mark the format as begun", "superblock", "mark the format as finished", "write the tag"])
        {
            Assert.Contains(lines, line => line.Contains(part, StringComparison.Ordinal));
        }

        return lines;
    }

    private Victim NewVictim(string name, bool blank = false)
    {
        string image = blank ? CreateImage(64 * MiB, Features) : NewName();
        Victim victim = new(image, Driver.NewMountDir(name), Volume.PodOptions(image, Volume.Size("64Mi")));
        _victims.Add(victim);
        return victim;
    }

    private void EachIsMadeGood()
    {
        foreach (Victim victim in _victims.Where(victim => Mounted.At(victim.Dir).Count > 0))
        {
            // kubelet takes a mount point for mounted and does not call again: then the tag must be whole.
            using var tag = JsonDocument.Parse(File.ReadAllText(victim.Tag));
            Assert.Equal(victim.Image, tag.RootElement.GetProperty("cephRBDOptsData").GetProperty("volumeID").GetString());
        }

        Driver.With("logLevel", "debug").With("timeoutSeconds", 100);
        DriverProcess[] again = [.. _victims.Select(victim => Driver.Start("mount", victim.Dir, victim.Options))];
        try
        {
            foreach ((DriverProcess process, Victim victim) in again.Zip(_victims))
            {
                // The first of these calls is the one that runs already.
                DriverProcess? first = process;
                Reply reply = DeadClients.Outlast(
                    Lab, Spec(victim.Image), () => Interlocked.Exchange(ref first, null)?.Reply() ?? Driver.Call("mount", victim.Dir, victim.Options));
                Assert.True(reply.Status == "Success", $"{victim.Dir}: {reply.Raw}{LogOf(victim)}");
            }
        }
        finally
        {
            foreach (DriverProcess process in again)
            {
                process.Dispose();
            }
        }

        string[] objects = Ceph("rados", "-p", "hyper", "ls").Split('\n');
        foreach (Victim victim in _victims)
        {
            Assert.Single(Mounted.At(victim.Dir));
            string path = Export(victim.Image);
            CheckFileSystem(path, "ext4");
            File.Delete(path);
            HasNoMark(victim.Image);
            string id = Info(victim.Image).GetProperty("id").GetString()!;
            Assert.DoesNotContain(objects, name => name.Contains("cephrbd.lock", StringComparison.Ordinal) && name.Contains(id, StringComparison.Ordinal));
        }

        NothingIsLeft();
    }

    private string LogOf(Victim victim) =>
        string.Concat(File.ReadLines(Driver.LogFile).Where(line => line.Contains($"\"{Spec(victim.Image)}\"", StringComparison.Ordinal)));

    private void NothingIsLeft()
    {
        string stages = Path.Combine(Driver.RunDir, "stage");
        Assert.Empty(Directory.EnumerateFileSystemEntries(stages));
        Assert.DoesNotContain(Mounted.Below(Driver.Dir), mount => mount.MountPoint.StartsWith(Driver.RunDir, StringComparison.Ordinal));
        Assert.True(!Directory.Exists(Driver.ScratchDir) || !Directory.EnumerateFileSystemEntries(Driver.ScratchDir).Any());
        foreach (Victim victim in _victims)
        {
            DeadClients.AreGone(Lab, Spec(victim.Image));
        }
    }

    private sealed record Victim(string Image, string Dir, string Options)
    {
        public string Tag => Path.Combine(Dir, "hyper-flexvolume.json");
    }
}
