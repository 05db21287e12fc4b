using System.Globalization;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// Monitor and OSDs that are frozen, killed, slow or full, from a random instant on: before the calls or in the middle
/// of them. Each call answers in time and in words; once the fault is over, the next call does its work.
/// </summary>
public sealed class ClusterFaultTests : FaultTest, IClassFixture<FaultCluster>
{
    private const int Usual = 1;
    private const int NewImageEvery = 4;
    private static readonly TimeSpan _calls = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _short = TimeSpan.FromSeconds(3);

    private readonly FaultCluster _cluster;

    public ClusterFaultTests(FaultCluster cluster)
        : base((cluster ?? throw new ArgumentNullException(nameof(cluster))).Lab, cluster.ClientNetwork) => _cluster = cluster;

    [Theory]
    [InlineData("monitor frozen")]
    [InlineData("monitor killed")]
    [InlineData("all OSDs frozen")]
    [InlineData("one OSD frozen")]
    [InlineData("one OSD killed")]
    [InlineData("two OSDs killed")]
    [InlineData("slow and lossy")]
    [InlineData("full")]
    public void calls_that_meet_a_fault_answer_in_time_and_are_made_good_once_it_is_over(string fault)
    {
        Random dice = FaultRounds.Dice(3);
        string idle = Formatted();
        string used = Formatted();
        int rounds = FaultRounds.Of(Usual);
        for (int round = 0; round < rounds; round++)
        {
            try
            {
                Round(fault, dice, round, idle, used);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{fault}, round {round}: {e.Message}"), e);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{fault}: {rounds} rounds");
    }

    [Fact]
    public void the_network_is_as_slow_as_it_is_told()
    {
        string image = Formatted();
        string dir = Driver.NewMountDir();
        _cluster.Slow(delay: 100, loss: 0);
        try
        {
            Reply reply = Driver.Succeed("mount", dir, Volume.PodOptions(image));
            Assert.True(reply.Elapsed > TimeSpan.FromSeconds(1), $"a mount took {reply.Elapsed} with 200 ms for each answer");
        }
        finally
        {
            _cluster.Slow(0, 0);
        }

        Driver.Succeed("unmount", dir);
    }

    [Fact]
    public void an_image_whose_dead_client_ceph_never_forgets_is_refused_and_release_tells_how_to_end_that()
    {
        string image = Formatted();
        using var info = JsonDocument.Parse(Ceph("rbd", "info", $"hyper/{image}", "--format", "json"));
        string header = "rbd_header." + info.RootElement.GetProperty("id").GetString();
        string Watchers() => Ceph("rados", "-p", "hyper", "listwatchers", header).Trim();
        using (HalfWatch program = new(_cluster))
        {
            // Which of two threads of the OSD is first decides whether it forgets the client.
            for (int client = 0; client < 40 && Watchers().Length == 0; client += 8)
            {
                for (int one = 0; one < 8; one++)
                {
                    program.DieWatching(header);
                }

                Thread.Sleep(TimeSpan.FromSeconds(35));
            }
        }

        Assert.True(Watchers().Length > 0, "each client was forgotten");
        string dir = Driver.NewMountDir();
        Driver.Fail(["mount", dir, Volume.PodOptions(image)], "is in use", $"cephrbd release hyper/{image}");
        using (DriverProcess release = Driver.Start(["release", $"hyper/{image}"]))
        {
            (int exit, string said) = release.Wait();
            Assert.Equal(1, exit);
            Assert.Contains($"ceph pg repeer $(ceph osd map hyper {header} -f json | jq -r .pgid)", said, StringComparison.Ordinal);
        }

        using var map = JsonDocument.Parse(Ceph("ceph", "osd", "map", "hyper", header, "-f", "json"));
        Ceph("ceph", "pg", "repeer", map.RootElement.GetProperty("pgid").GetString()!);
        Await(() => Watchers().Length == 0, "the dead clients are forgotten", 60);
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Driver.Succeed("unmount", dir);
        HoldsItsContents(image);
    }

    private void Round(string fault, Random dice, int round, string idle, string used)
    {
        List<Attacked> volumes = [new(idle, Driver.NewMountDir(idle), "16Mi", IsMounted: false), new(used, Driver.NewMountDir(used), "16Mi", IsMounted: true)];
        if (round % NewImageEvery == NewImageEvery - 1)
        {
            string image = round % (2 * NewImageEvery) < NewImageEvery ? NewName() : Blank();
            volumes.Add(new(image, Driver.NewMountDir(image), "64Mi", IsMounted: false));
        }

        Driver.With("timeoutSeconds", Patient).Succeed("mount", volumes[1].Dir, volumes[1].Options);
        Driver.With("timeoutSeconds", Hurried);
        bool before = dice.Next(4) == 0;
        TimeSpan instant = FaultRounds.Part(dice, _calls);
        TimeSpan? lasts = dice.Next(3) == 0 ? FaultRounds.Part(dice, _short) : null;
        Action over = before ? Begin(fault, dice) : () => { };
        try
        {
            Task<Reply>[] calls = [.. volumes.Select(Start)];
            if (!before)
            {
                Thread.Sleep(instant);
                over = Begin(fault, dice);
            }

            if (lasts is { } time)
            {
                Thread.Sleep(time);
                Action end = over;
                over = () => { };
                end();
            }

            Task.WaitAll(calls);
            Assert.True(calls[1].Result.Status == "Success", $"an unmount failed: {calls[1].Result.Raw}");
            IsEmpty(volumes[1].Dir);
        }
        finally
        {
            over();
        }

        _cluster.AwaitHealth();
        Driver.With("timeoutSeconds", Patient);
        Parallel.ForEach(volumes, volume => IsMadeGood(Driver, volume.Dir, volume.Options, volume.Image));
        Leftovers.NoneOnNode(Driver);
        Leftovers.NoneInCluster([.. volumes.Select(volume => volume.Image)]);
        HoldsItsContents(idle);
        HoldsItsContents(used);
        foreach (Attacked made in volumes.Skip(2))
        {
            HoldsAFileSystem(made.Image);
        }
    }

    private Task<Reply> Start(Attacked volume)
    {
        string verb = volume.IsMounted ? "unmount" : "mount";
        DriverProcess call = Driver.Start(volume.IsMounted ? [verb, volume.Dir] : [verb, volume.Dir, volume.Options]);
        return Answers.Await(Driver, call, Hurried, verb, volume.IsMounted ? null : $"hyper/{volume.Image}");
    }

    // Begins a fault, and tells how it is ended.
    private Action Begin(string fault, Random dice)
    {
        switch (fault)
        {
            case "monitor frozen":
                return Frozen(FaultCluster.Monitor);
            case "monitor killed":
                _cluster.Kill(FaultCluster.Monitor);
                return _cluster.StartMonitor;
            case "all OSDs frozen":
                return Frozen(FaultCluster.Osd(0), FaultCluster.Osd(1), FaultCluster.Osd(2));
            case "one OSD frozen":
                return Frozen(FaultCluster.Osd(dice.Next(3)));
            case "one OSD killed":
                return Killed(dice.Next(3));
            case "two OSDs killed":
                int alive = dice.Next(3);
                return Killed((alive + 1) % 3, (alive + 2) % 3);
            case "slow and lossy":
                _cluster.Slow(dice.Next(50, 501), dice.Next(100, 301));
                return () => _cluster.Slow(0, 0);
            case "full":
                _cluster.SetFull(true);
                return () => _cluster.SetFull(false);
            default:
                throw new ArgumentException($"no such fault: {fault}", nameof(fault));
        }
    }

    private Action Frozen(params string[] daemons)
    {
        Array.ForEach(daemons, _cluster.Freeze);
        return () => Array.ForEach(daemons, _cluster.Thaw);
    }

    private Action Killed(params int[] osds)
    {
        foreach (int osd in osds)
        {
            _cluster.Kill(FaultCluster.Osd(osd));
        }

        return () => Array.ForEach(osds, _cluster.RebuildOsd);
    }

    private sealed record Attacked(string Image, string Dir, string Size, bool IsMounted)
    {
        public string Options => Volume.PodOptions(Image, Volume.Size(Size));
    }
}
