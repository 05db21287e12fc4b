using System.Net;
using System.Text;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Ceph.Exam;

/// <summary>What monitors answer, in the forms of Jewel and of today.</summary>
public class AnswersTests
{
    [Fact]
    public void The_map_of_today_tells_both_messengers_pools_with_applications_and_says_blocklist()
    {
        var map = OsdMap.Parse(Bytes("""
            {"flags":"sortbitwise,pauserd","pools":[{"pool":1,"pool_name":"hyper","flags_names":"hashpspool,full","size":3,"min_size":2,"pg_num":64,
              "quota_max_bytes":1024,"quota_max_objects":7,"application_metadata":{"rbd":{}}}],
             "osds":[{"osd":4,"up":1,"in":0,"public_addrs":{"addrvec":[{"type":"v2","addr":"10.0.0.1:6810","nonce":9},{"type":"v1","addr":"10.0.0.1:6811","nonce":9}]},"public_addr":"10.0.0.1:6811/9"}],
             "blocklist":{}}
            """));
        Assert.Equal("blocklist", map.Blocklist);
        Assert.Equal(["sortbitwise", "pauserd"], map.Flags);
        PoolFacts pool = Assert.Single(map.Pools);
        Assert.Equal((1L, "hyper", 3L, 2L, 64L, 1024L, 7L), (pool.Id, pool.Name, pool.Size, pool.MinSize, pool.PgNum, pool.QuotaBytes, pool.QuotaObjects));
        Assert.Equal(["hashpspool", "full"], pool.Flags);
        Assert.Equal(["rbd"], pool.Applications!);
        OsdFacts osd = Assert.Single(map.Osds);
        Assert.Equal((4L, true, false), (osd.Id, osd.IsUp, osd.IsIn));
        Assert.Equal([("v2", 6810), ("v1", 6811)], osd.Addresses.Select(address => (address.Protocol, address.Port!.Value)));
    }

    [Fact]
    public void Jewels_map_has_one_address_no_applications_and_says_blacklist()
    {
        var map = OsdMap.Parse(Bytes("""
            {"flags":"sortbitwise","pools":[{"pool":0,"pool_name":"rbd","size":3,"min_size":2,"pg_num":64}],
             "osds":[{"osd":0,"up":1,"in":1,"public_addr":"172.16.4.101:6800\/1234"},{"osd":1,"up":0,"in":0,"public_addr":":\/0"}],"blacklist":[]}
            """));
        Assert.Equal("blacklist", map.Blocklist);
        Assert.Null(map.Pools[0].Applications);
        Assert.Equal(("172.16.4.101", 6800), (map.Osds[0].Addresses[0].Host, map.Osds[0].Addresses[0].Port));
        Assert.Empty(map.Osds[1].Addresses);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"osds\":3}")]
    public void What_is_no_map_is_refused(string answer) => Assert.Throws<VolumeException>(() => OsdMap.Parse(Bytes(answer)));

    [Fact]
    public void Hosts_come_from_the_tree()
    {
        IReadOnlyDictionary<long, string> hosts = OsdMap.Hosts(Bytes("""{"nodes":[{"id":-1,"name":"default","type":"root","children":[-2]},{"id":-2,"name":"node-b","type":"host","children":[1,0]},{"id":0,"name":"osd.0","type":"osd"}],"stray":[]}"""));
        Assert.Equal(("osd.1 (node-b)", "osd.7"), (OsdMap.NameOf(1, hosts), OsdMap.NameOf(7, hosts)));
    }

    [Fact]
    public void Health_of_today_has_codes_details_and_what_is_muted()
    {
        var health = ClusterHealth.Parse(Bytes("""
            {"status":"HEALTH_WARN","checks":{"OSD_DOWN":{"severity":"HEALTH_WARN","summary":{"message":"1 osds down","count":1},"detail":[{"message":"osd.1 is down"}],"muted":false},
              "MGR_MODULE_ERROR":{"severity":"HEALTH_ERR","summary":{"message":"x"},"muted":true}},"mutes":[]}
            """));
        Assert.Equal("HEALTH_WARN", health.Status);
        Assert.Equal([("OSD_DOWN", false, "1 osds down", false), ("MGR_MODULE_ERROR", true, "x", true)], health.Checks.Select(check => (check.Code, check.IsError, check.Summary, check.IsMuted)));
        Assert.Equal(["osd.1 is down"], health.Checks[0].Details);
    }

    [Fact]
    public void Jewels_health_has_a_summary_details_and_the_monitors_clocks()
    {
        var health = ClusterHealth.Parse(Bytes("""
            {"health":{"health_services":[]},"timechecks":{"epoch":4,"round":6,"round_status":"finished","mons":[{"name":"a","skew":"0.000000","latency":"0.0","health":"HEALTH_OK"},{"name":"b","skew":"-0.120000","latency":"0.0","health":"HEALTH_WARN"}]},
             "summary":[{"severity":"HEALTH_WARN","summary":"1\/3 in osds are down"}],"overall_status":"HEALTH_WARN","detail":["osd.1 is down since epoch 7"]}
            """));
        HealthCheck check = Assert.Single(health.Checks);
        Assert.Equal(("HEALTH_WARN", "", "1/3 in osds are down", "osd.1 is down since epoch 7"), (health.Status, check.Code, check.Summary, check.Details[0]));
        Assert.Equal([new ClockSkew("a", 0), new ClockSkew("b", -0.12)], health.Skews);
    }

    [Fact]
    public void Clocks_of_today_come_from_time_sync_status_and_one_monitor_tells_none()
    {
        Assert.Equal([new ClockSkew("b", 0.25)], ClusterHealth.TimeSync(Bytes("""{"time_skew_status":{"b":{"skew":0.25,"latency":0.001,"health":"HEALTH_WARN"}},"timechecks":{"epoch":3}}""")));
        Assert.Empty(ClusterHealth.TimeSync(Bytes("""{"timechecks":{"epoch":3,"round":0,"round_status":"finished"}}""")));
    }

    [Theory]
    [InlineData("""{"pgmap":{"pgs_by_state":[{"state_name":"active+clean","count":8}],"num_pgs":8},"mgrmap":{"available":true}}""", true)]
    [InlineData("""{"pgmap":{"pgs_by_state":[{"state_name":"active+clean","count":8}],"num_pgs":8},"mgrmap":{"available":false}}""", false)]
    [InlineData("""{"pgmap":{"pgs_by_state":[{"state_name":"active+clean","count":8}],"num_pgs":8}}""", true)]
    public void Status_counts_placement_groups_and_knows_whether_a_manager_runs(string answer, bool manager)
    {
        var status = ClusterStatus.Parse(Bytes(answer));
        Assert.Equal((8L, manager, "active+clean", 8L), (status.PgCount, status.HasManager, status.Pgs[0].State, status.Pgs[0].Count));
    }

    [Theory]
    [InlineData("[]", 0)]
    [InlineData("[][]", 0)]
    [InlineData("\n[{\"addr\":\"10.0.0.9:0/77\",\"until\":\"2026\"}][{\"range\":\"10.1.0.0:0/16\",\"until\":\"2027\"}]\n", 2)]
    [InlineData("[{\"addr\":\"10.0.0.9:0/77\",\"until\":\"2016-01-01 00:00:00.000000\"}]", 1)]
    public void Pacifics_two_blocklists_stand_one_behind_the_other(string answer, int count) =>
        Assert.Equal(count, BlockedClient.Parse(Bytes(answer)).Count);

    [Theory]
    [InlineData("10.0.0.9:0/77", false, "10.0.0.9", true, false)]
    [InlineData("10.0.0.9:0/0", false, "10.0.0.9", true, true)]
    [InlineData("v1:10.0.0.9:0/5", false, "10.0.0.9", true, false)]
    [InlineData("[fd00::9]:0/5", false, "fd00::9", true, false)]
    [InlineData("10.0.0.9:0/77", false, "10.0.0.90", false, false)]
    [InlineData("10.1.0.0:0/16", true, "10.1.200.3", true, true)]
    [InlineData("10.1.0.0:0/23", true, "10.1.2.3", false, true)]
    [InlineData("10.1.0.0:0/23", true, "fd00::1", false, true)]
    public void An_entry_covers_one_client_a_host_or_a_range(string address, bool range, string host, bool covers, bool whole)
    {
        var blocked = new BlockedClient(address, "", range);
        Assert.Equal((covers, whole), (blocked.Covers(IPAddress.Parse(host)), blocked.IsWholeHost));
    }

    [Theory]
    [InlineData("2026-11-23T13:25:04.094696+0000", 0)]
    [InlineData("2026-11-23T14:25:04.094696+0100", 0)]
    [InlineData("2026-11-23T13:25:04.094696+00:00", 0)]
    [InlineData("2026-11-23T13:25:04.094696Z", 0)]
    [InlineData("2026-11-23 13:25:04.094696", null)]
    [InlineData("", null)]
    public void A_moment_without_its_zone_is_none(string text, int? difference) => Assert.Equal(
        difference, (int?)(Answers.Moment(text) - new DateTimeOffset(2026, 11, 23, 13, 25, 4, 94, 696, TimeSpan.Zero))?.TotalSeconds);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
