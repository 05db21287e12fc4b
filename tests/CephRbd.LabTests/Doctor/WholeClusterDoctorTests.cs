using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Doctor;

/// <summary>What the doctor says of a whole cluster that is well, and when daemons stop, freeze or die, each time in a cluster of its own.</summary>
public sealed class WholeClusterDoctorTests : IDisposable
{
    private readonly LabFixture _lab = LabFixture.StartOwn();
    private readonly PublishedDriver _driver;

    public WholeClusterDoctorTests()
    {
        try
        {
            _driver = new PublishedDriver(_lab);
        }
        catch
        {
            _lab.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _driver.Dispose();
        _lab.Dispose();
    }

    [Fact]
    public void a_healthy_cluster_has_no_complaint_and_is_left_as_it_was()
    {
        string[] before = Objects();
        DoctorRun run = DoctorRun.Of(_driver).Failed().NoWarningsOf(
            "libraries", "conf", "keyring", "monitors", "login", "caps", "pool", "osds", "blocklisted", "cluster-clock", "watchers", "reservations");
        run.Has("libraries", "ok", "librados", "/lib").Has("conf", "ok", "fsid").Has("keyring", "ok", "0600").Has("monitors", "ok", "v2", "v1")
            .Has("login", "ok", "client.cephrbd").Has("caps", "ok", "blocklist", "write to pool hyper").Has("pool", "ok", "size 3", "application rbd")
            .Has("pool", "ok", "active+clean").Has("osds", "ok", "3 of 3").Has("cluster-clock", "ok", "agrees").Has("reservations", "ok");
        Assert.Equal(before, Objects());
        Assert.Equal("[][]", string.Concat(_lab.Run("ceph", "osd", "blocklist", "ls", "-f", "json").Output.Split('\n')));
    }

    [Fact]
    public void after_all_osds_died_the_doctor_names_them_with_the_way_back()
    {
        Array.ForEach(Pids("osd.*"), Mounted.End);

        // The monitors still count the last ones as up: that they don't answer tells.
        DoctorRun run = DoctorRun.Of(_driver);
        run.Has("osds", "failed", "not one OSD works", "osd.0", "osd.1", "osd.2", "findmnt -T", "/var/lib/ceph/osd/ceph-0", "systemctl reset-failed 'ceph-osd@*'", "systemctl restart ceph.target")
            .Has("login", "ok").Has("monitors", "ok").Has("watchers", "skipped", "osds").Has("caps", "ok", "see osds");
        Assert.Equal(1, run.Exit);
    }

    [Fact]
    public void one_dead_osd_of_three_is_a_warning_and_two_are_a_failure()
    {
        Mounted.End(Pids("osd.1")[0]);
        DoctorRun.Of(_driver).Has("osds", "warning", "osd.1", "ceph-1");
        Mounted.End(Pids("osd.0")[0]);
        DoctorRun run = DoctorRun.Of(_driver);
        run.Has("osds", "failed", "min_size of 2", "osd.0", "osd.1");
        Assert.Equal(1, run.Exit);
    }

    [Fact]
    public void frozen_osds_take_connections_and_say_nothing()
    {
        int[] osds = Pids("osd.*");
        Array.ForEach(osds, pid => Mounted.Signal(pid, Mounted.Stop));
        try
        {
            DoctorRun run = DoctorRun.Of(_driver);
            run.Has("osds", "failed", "osd.0", "osd.1", "osd.2", "says nothing", "frozen").Has("login", "ok");
            Assert.Equal(1, run.Exit);
        }
        finally
        {
            Array.ForEach(osds, pid => Mounted.Signal(pid, Mounted.Continue));
        }
    }

    [Fact]
    public void a_dead_monitor_refuses_and_a_frozen_one_says_nothing()
    {
        int mon = Pids("mon.a")[0];
        Mounted.Signal(mon, Mounted.Stop);
        try
        {
            DoctorRun.Of(_driver).Failed("monitors", "login").Has("monitors", "failed", "says nothing", "frozen", "kill -CONT").Has("login", "failed", "no monitor answered", "see monitors")
                .Has("osds", "skipped", "see login").Has("pool", "skipped", "see login");
        }
        finally
        {
            Mounted.Signal(mon, Mounted.Continue);
        }

        Mounted.End(mon);
        DoctorRun.Of(_driver).Failed("monitors", "login").Has("monitors", "failed", "nobody listens", "systemctl status ceph-mon@", "3300 and 6789").Has("login", "failed", "no monitor answered");
    }

    [Fact]
    public void a_node_on_the_blocklist_is_told_with_the_command_that_takes_it_off()
    {
        Assert.Equal(0, _lab.Run("ceph", "osd", "blocklist", "add", "127.0.0.1:0/4711").Exit);
        DoctorRun.Of(_driver).Failed().Has("blocklisted", "warning", "127.0.0.1:0/4711", "ceph osd blocklist rm 127.0.0.1:0/4711");

        // Clients of a lab have the loopback's first address, wherever its daemons are.
        Assert.Equal(0, _lab.Run("ceph", "osd", "blocklist", "add", "127.0.0.1:0/0").Exit);
        DoctorRun run = DoctorRun.Of(_driver);
        run.Has("blocklisted", "failed", "every client of this node", "ceph osd blocklist rm 127.0.0.1:0/0").Has("watchers", "skipped", "see blocklisted");
        Assert.Equal(1, run.Exit);
    }

    [Fact]
    public void a_pool_without_application_or_at_its_quota_and_paused_io_are_told()
    {
        Assert.Equal(0, _lab.Run("ceph", "osd", "pool", "create", "plain", "8", "8").Exit);
        DoctorRun.Of(_driver, "--pool", "plain").Has("pool", "warning", "application none", "ceph osd pool application enable plain rbd");
        Assert.Equal(0, _lab.Run("ceph", "osd", "set", "pause").Exit);
        DoctorRun run = DoctorRun.Of(_driver);
        run.Has("cluster-health", "failed", "pauserd", "ceph osd unpause");
        Assert.Equal(1, run.Exit);
    }

    private string[] Objects() => [.. _lab.Run("rados", "-p", "hyper", "ls", "--all").Output.Split('\n').Order(StringComparer.Ordinal)];

    private int[] Pids(string pattern)
    {
        int[] pids = [.. Directory.EnumerateFiles(Path.Combine(_lab.Dir, "pid"), pattern).Select(file => int.Parse(File.ReadAllText(file).Split(' ')[0], null))];
        Assert.NotEmpty(pids);
        return pids;
    }
}
