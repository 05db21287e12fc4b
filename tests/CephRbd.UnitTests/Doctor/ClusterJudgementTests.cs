using System.Net;
using System.Text;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Config;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Cluster;
using CephRbd.Driver.Volumes;
using CephRbd.Native;

namespace CephRbd.UnitTests.Doctor;

/// <summary>What each answer of the cluster means for volumes.</summary>
public class ClusterJudgementTests
{
    private static readonly PoolFacts _pool = new(1, "hyper", 3, 2, 64, ["hashpspool"], 0, 0, ["rbd"]);
    private static readonly HashSet<IPAddress> _own = [IPAddress.Parse("10.0.0.7"), IPAddress.Loopback];
    private static readonly DateTimeOffset _now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(Errno.TimedOut, "no monitor answered", "timedatectl")]
    [InlineData(Errno.Access, "refused client.admin", "ceph auth get client.admin")]
    [InlineData(Errno.NotPermitted, "refused client.admin", "ceph auth get-or-create client.admin")]
    [InlineData(Errno.NoEntry, "names no usable monitor", "see conf")]
    [InlineData(Errno.NotSupported, "no way to authenticate", "auth_client_required")]
    [InlineData(Errno.Io, "cannot connect", "--id admin")]
    public void Each_way_a_login_fails_has_its_remedy(int errno, string evidence, string remedy)
    {
        Finding finding = LoginChecks.Explain(errno, "rados_connect: words", new DriverConfig());
        Assert.Equal(FindingState.Failed, finding.State);
        Assert.Contains(evidence, finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("words", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_is_judged_by_what_stops_or_endangers_its_images()
    {
        Assert.Equal(FindingState.Ok, Pool(_pool).State);
        Assert.Equal(FindingState.Ok, Pool(_pool with { Applications = null }).State);
        Is(FindingState.Warning, "application none", "ceph osd pool application enable hyper rbd", Pool(_pool with { Applications = [] }));
        Is(FindingState.Failed, "full_quota", "set-quota hyper max_bytes", Pool(_pool with { Flags = ["hashpspool", "full", "full_quota"], QuotaBytes = 1 << 30 }));
        Is(FindingState.Warning, "one copy only", "size 3", Pool(_pool with { Size = 1, MinSize = 1 }));
        Is(FindingState.Warning, "min_size 1", "min_size 2", Pool(_pool with { MinSize = 1 }));
        Is(FindingState.Failed, "no pool \"hyper\"; it has rbd", "ceph osd pool create hyper", Pool(_pool with { Name = "rbd" }));
    }

    [Theory]
    [InlineData("active+clean", "Ok")]
    [InlineData("active+clean+scrubbing", "Ok")]
    [InlineData("active+undersized+degraded", "Warning")]
    [InlineData("stale+active+clean", "Failed")]
    [InlineData("peering", "Failed")]
    [InlineData("unknown", "Failed")]
    [InlineData("undersized+degraded+peered", "Failed")]
    public void Placement_groups_stop_io_when_they_are_not_active(string state, string expected)
    {
        ClusterStatus status = new([("active+clean", 60), (state, 4)], 64, HasManager: true, 0, 0);
        Assert.Equal(expected, PoolChecks.JudgeGroups(status, Health(), _pool).State.ToString());
    }

    [Fact]
    public void Placement_groups_of_other_pools_and_unknown_ones_are_no_failure()
    {
        ClusterStatus status = new([("unknown", 4)], 64, HasManager: true, 0, 0);
        HealthCheck other = new("PG_AVAILABILITY", false, "Reduced data availability", false, ["pg 12.3 is stuck inactive"]);
        Assert.Equal(FindingState.Warning, PoolChecks.JudgeGroups(status, Health(other), _pool).State);
        Is(FindingState.Failed, "pg 1.3 is stuck", "pg dump_stuck", PoolChecks.JudgeGroups(status, Health(other with { Details = ["pg 12.3 is stuck inactive", "pg 1.3 is stuck inactive"] }), _pool));
        Is(FindingState.Warning, "ceph -s shows 0 pools", "ceph-mgr@", PoolChecks.JudgeGroups(status with { HasManager = false }, Health(), _pool));
        Assert.Equal(FindingState.Warning, PoolChecks.JudgeGroups(status with { Pgs = [] }, Health(), _pool).State);
    }

    [Fact]
    public void Health_fails_only_where_it_stops_io()
    {
        HealthCheck down = new("OSD_DOWN", false, "1 osds down", false, ["osd.1 is down", "osd.2 is down"]);
        Assert.Equal(FindingState.Ok, HealthChecks.Judge(Health(), []).State);
        Assert.Equal(FindingState.Ok, HealthChecks.Judge(Health(down with { IsMuted = true }), []).State);
        Is(FindingState.Warning, "OSD_DOWN: 1 osds down (osd.1 is down, and 1 more)", "ceph health detail", HealthChecks.Judge(Health(down) with { Status = "HEALTH_WARN" }, []));
        Is(FindingState.Failed, "PG_AVAILABILITY", "pg dump_stuck", HealthChecks.Judge(Health(down with { Code = "PG_AVAILABILITY" }) with { Status = "HEALTH_WARN" }, []));
        Is(FindingState.Failed, "OSD_FULL", "ceph osd df", HealthChecks.Judge(Health(down with { Code = "OSD_FULL", IsError = true }) with { Status = "HEALTH_ERR" }, []));
        Is(FindingState.Failed, "pausewr", "ceph osd unpause", HealthChecks.Judge(Health(), ["sortbitwise", "pausewr"]));
        Is(FindingState.Failed, "full", "ceph df", HealthChecks.Judge(Health(), ["full"]));
    }

    [Fact]
    public void The_blocklist_concerns_a_whole_node_a_device_or_a_client_that_is_gone()
    {
        BlockedClient one = new("10.0.0.7:0/77", "tomorrow");
        Assert.Equal(FindingState.Ok, Blocklist([new("10.0.0.8:0/0", "tomorrow")]).State);
        Is(FindingState.Warning, "10.0.0.7:0/77 until tomorrow", "ceph osd blocklist rm 10.0.0.7:0/77", Blocklist([one]));
        Is(FindingState.Failed, "/dev/rbd3", "delete the pods", Blocklist([one], ("/dev/rbd3", "10.0.0.7:0/77")));
        Is(FindingState.Failed, "every client", "ceph osd blocklist rm 10.0.0.7:0/0", Blocklist([new("10.0.0.7:0/0", "tomorrow")]));
        Is(FindingState.Failed, "every client", "ceph osd blocklist range rm 10.0.0.0/24", Blocklist([new("10.0.0.0:0/24", "tomorrow", IsRange: true)]));
    }

    [Fact]
    public void Clocks_fail_here_by_minutes_and_among_monitors_by_a_twentieth_of_a_second()
    {
        Assert.Equal(FindingState.Ok, ClockChecks.Judge([], null).State);
        Assert.Equal(FindingState.Ok, ClockChecks.Judge([new ClockSkew("b", 0.04)], 1).State);
        Is(FindingState.Warning, "b -0.060 s", "mon.b", ClockChecks.Judge([new ClockSkew("a", 0), new ClockSkew("b", -0.06)], 0));
        Is(FindingState.Warning, "10.0 s behind", "timedatectl", ClockChecks.Judge([], 10));
        Is(FindingState.Failed, "3600.0 s ahead", "timedatectl", ClockChecks.Judge([], -3600));
    }

    [Fact]
    public void The_monitors_time_is_the_stamp_of_our_own_question()
    {
        byte[] log = Encoding.UTF8.GetBytes("""[{"stamp":"2026-11-23T12:00:05.000000+0000","message":"cmd=[{\"num\": 1234567890}]"},{"stamp":"2026-11-23T12:00:04.000000+0000","message":"cmd=[{\"num\": 1234567890}]"},{"stamp":"2026-11-23T11:00:00.000000+0000","message":"else"}]""");
        Assert.Equal("2026-11-23T12:00:04.000000+0000", ClockChecks.StampOf(log, "1234567890"));
        Assert.Null(ClockChecks.StampOf(log, "1234567891"));
        Assert.Equal((0, 4, -6), (ClockChecks.Offset(_now, _now, _now), ClockChecks.Offset(_now.AddSeconds(5), _now, _now.AddSeconds(1)), ClockChecks.Offset(_now.AddSeconds(-6), _now, _now.AddSeconds(1))));
    }

    [Fact]
    public void A_watcher_of_this_node_is_stale_where_nothing_here_uses_the_image()
    {
        SurveyedPool pool = new(3, [Image("a", "10.0.0.7:0/5", 5), Image("b", "10.0.0.8:0/6", 6), Image("c", "10.0.0.7:0/7", 7)], []);
        Is(FindingState.Warning, "hyper/a by client.5 at 10.0.0.7:0/5", "rbd status hyper/a", ImageChecks.JudgeWatchers(pool, "hyper", _own, new HashSet<string> { "hyper/c" }, 99));
        Assert.Equal(FindingState.Ok, ImageChecks.JudgeWatchers(pool, "hyper", _own, new HashSet<string> { "hyper/a", "hyper/c" }, 99).State);
        Assert.Equal(FindingState.Ok, ImageChecks.JudgeWatchers(pool, "hyper", _own, new HashSet<string> { "hyper/c" }, 5).State);
        Assert.Contains("3 of 300 images in hyper looked at", ImageChecks.JudgeWatchers(pool with { Total = 300 }, "hyper", _own, new HashSet<string>(), 5).Evidence, StringComparison.Ordinal);
        Assert.Equal(FindingState.Skipped, ImageChecks.JudgeWatchers(pool with { Total = null }, "hyper", _own, new HashSet<string>(), 5).State);
        Is(FindingState.Warning, "d (I/O error)", "rbd info hyper/d", ImageChecks.JudgeWatchers(new SurveyedPool(1, [], [("d", "I/O error")]), "hyper", _own, new HashSet<string>(), 5));
        Assert.Contains("13.2", ImageChecks.JudgeWatchers(new SurveyedPool(1, [new SurveyedImage("a", null, null, [])], []), "hyper", _own, new HashSet<string>(), 5).Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_format_is_left_over_when_it_is_old_and_nobody_works_on_it()
    {
        ImageMark old = new("ext4", "node-b", _now.AddHours(-1));
        ImageClaim claim = new("node-b", 77, "10.0.0.8:0/6", IsGone: false);
        Is(FindingState.Warning, "a (ext4, by node-b since 2026-11-23 11:00 UTC)", "the next mount formats it anew", Reservations(new SurveyedImage("a", [], old, [])));
        Is(FindingState.Ok, "being prepared: a by node-b pid 77", null, Reservations(new SurveyedImage("a", [], old, [claim])));
        Is(FindingState.Warning, "runs no more", "rbd rm hyper/a", Reservations(new SurveyedImage("a", [], old, [claim with { IsGone = true }])));
        Assert.Equal(FindingState.Ok, Reservations(new SurveyedImage("a", [], old with { Since = _now.AddMinutes(-1) }, [])).State);
        Is(FindingState.Warning, "cannot be read", "cephrbd.format", Reservations(new SurveyedImage("a", [], new ImageMark("", "", null), [])));
    }

    private static Finding Pool(PoolFacts pool) => PoolChecks.Judge(new OsdMap([pool], [], [], HasBlocklist: true), "hyper");

    private static ClusterHealth Health(params HealthCheck[] checks) => new("HEALTH_OK", checks, []);

    private static Finding Blocklist(BlockedClient[] blocked, params (string, string)[] mapped) => BlocklistChecks.Judge(blocked, _own, mapped, "blocklist");

    [Fact]
    public void Images_that_this_node_has_and_does_not_use_or_uses_and_has_not_are_told()
    {
        var here = new Writer("n1", "m1", "uid-1", "/pods/1");
        var there = new Writer("n2", "m2", "uid-2", "/pods/2") { Pod = "default/db-0" };
        SurveyedImage vol = Image("vol1", "10.0.0.7:0/1", 5);
        Assert.Empty(Writers(vol with { GivenTo = here }, "hyper/vol1"));
        Assert.Empty(Writers(vol with { GivenTo = there }));
        Assert.Empty(Writers(vol with { GivenTo = here }));
        Is(FindingState.Warning, "vol1 to node n2, pod default/db-0", "delete its pod on this node", Assert.Single(Writers(vol with { GivenTo = there }, "hyper/vol1")));
        Is(FindingState.Warning, "nothing here uses them: vol1 to node n1", "cephrbd release hyper/vol1", Assert.Single(Writers(vol with { GivenTo = here, Watchers = [] })));

        Assert.Empty(Writers(vol with { GivenTo = here, Watchers = [], OutlastsUse = true }));

        static IEnumerable<Finding> Writers(SurveyedImage image, params string[] used) =>
            ImageChecks.JudgeWriters(new SurveyedPool(1, [image], []), "hyper", new Writer("n1", "m1", null, null), new HashSet<string>(used));
    }

    private static SurveyedImage Image(string name, string watcher, long client) => new(name, [new ImageWatcher(watcher, client)], null, []);

    private static Finding Reservations(SurveyedImage image) => ImageChecks.JudgeReservations(new SurveyedPool(1, [image], []), "hyper", _now);

    private static void Is(FindingState state, string evidence, string? remedy, Finding finding)
    {
        Assert.Equal(state, finding.State);
        Assert.Contains(evidence, finding.Evidence, StringComparison.Ordinal);
        Assert.Equal(remedy is null, finding.Remedy is null);
        Assert.Contains(remedy ?? "", finding.Remedy ?? "", StringComparison.Ordinal);
    }
}
