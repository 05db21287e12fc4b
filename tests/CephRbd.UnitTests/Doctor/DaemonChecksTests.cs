using System.Net;
using System.Net.Sockets;
using System.Text;
using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Cluster;
using CephRbd.Driver.Host;

namespace CephRbd.UnitTests.Doctor;

/// <summary>Monitors and OSDs by what their ports say.</summary>
public class DaemonChecksTests
{
    private static readonly IReadOnlyDictionary<long, string> _hosts = new Dictionary<long, string> { [0] = "node-a", [1] = "node-b", [2] = "node-c" };

    [Theory]
    [InlineData("v1", 6789, "Spoke", "ceph v027\0\0", true, "Ceph (v1")]
    [InlineData("v2", 3300, "Spoke", "ceph v2\n\u0010", true, "Ceph (v2")]
    [InlineData("any", 7000, "Spoke", "ceph v2\n", true, "Ceph (v2")]
    [InlineData("any", 7000, "Spoke", "ceph v027", true, "Ceph (v1")]
    [InlineData("v1", 3300, "Spoke", "ceph v2\n", false, "speaks messenger v2, where v1")]
    [InlineData("v2", 3300, "Spoke", "ceph v027", false, "speaks messenger v1, where v2")]
    [InlineData("v1", 6789, "Spoke", "SSH-2.0-x\r\n", false, "is not Ceph: it says \"SSH-2.0-x")]
    [InlineData("v1", 6789, "Silent", "", false, "says nothing")]
    [InlineData("v1", 6789, "Closed", "", false, "closes it at once")]
    [InlineData("v1", 6789, "Refused", "", false, "nobody listens")]
    [InlineData("v1", 6789, "NoAnswer", "", false, "a firewall")]
    [InlineData("v1", 6789, "NoRoute", "", false, "cannot be reached")]
    public void Each_answer_of_a_port_has_its_words(string protocol, int port, string outcome, string words, bool ceph, string seen)
    {
        var greeting = new TcpGreeting(Enum.Parse<TcpOutcome>(outcome), words, "", TimeSpan.Zero);
        DaemonAddress judged = CephDaemon.Judge(new MonAddress(protocol, "10.0.0.1", port), greeting, "monitor");
        Assert.Equal(ceph, judged.IsCeph);
        Assert.Contains(seen, judged.Seen, StringComparison.Ordinal);
        Assert.Equal(ceph, judged.Remedy.Length == 0);
    }

    [Fact]
    public void A_monitor_without_port_is_tried_by_both_messengers()
    {
        Assert.Equal([3300, 6789], CephDaemon.Tried(new MonAddress("any", "10.0.0.1", null)).Select(address => address.Port!.Value));
        Assert.Equal([6789], CephDaemon.Tried(new MonAddress("v1", "10.0.0.1", null)).Select(address => address.Port!.Value));
    }

    [Fact]
    public void Monitors_fail_only_when_none_answers()
    {
        DaemonAddress good = new("10.0.0.1:6789", true, "Ceph", "", true);
        DaemonAddress dead = new("10.0.0.2:6789", false, "refuses", "look", true);
        DaemonAddress noV2 = new("10.0.0.1:3300", false, "refuses", "look", false);
        Assert.Equal(FindingState.Ok, MonitorChecks.Judge([(0, good)]).State);
        Assert.Equal(FindingState.Ok, MonitorChecks.Judge([(0, noV2), (0, good)]).State);
        Assert.Equal(FindingState.Warning, MonitorChecks.Judge([(0, good), (1, dead)]).State);
        Assert.Equal(FindingState.Warning, MonitorChecks.Judge([(0, good with { IsV1 = false }), (0, dead)]).State);
        Finding all = MonitorChecks.Judge([(0, dead), (1, dead)]);
        Assert.Equal(FindingState.Failed, all.State);
        Assert.Contains("ports 3300 and 6789", all.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Osds_are_judged_by_the_map_and_by_what_they_say()
    {
        OsdFacts[] up = [Osd(0, true), Osd(1, true), Osd(2, true)];
        Assert.Equal(FindingState.Ok, Judge(up, []).State);
        Assert.Equal(FindingState.Warning, Judge([Osd(0, true), Osd(1, true), Osd(2, false)], []).State);

        Finding few = Judge([Osd(0, true), Osd(1, false), Osd(2, false)], []);
        Assert.Equal(FindingState.Failed, few.State);
        Assert.Contains("min_size of 2", few.Evidence, StringComparison.Ordinal);
        Assert.Contains("osd.1 (node-b), osd.2 (node-c)", few.Evidence, StringComparison.Ordinal);

        Finding none = Judge(up, [0, 1, 2]);
        Assert.Equal(FindingState.Failed, none.State);
        Assert.StartsWith("not one OSD works", none.Evidence, StringComparison.Ordinal);
        Assert.Contains("node-a, node-b, node-c", none.Remedy, StringComparison.Ordinal);
        Assert.Contains("systemctl reset-failed 'ceph-osd@*'; systemctl restart ceph.target", none.Remedy, StringComparison.Ordinal);
        Assert.Equal(FindingState.Failed, OsdChecks.Judge([], new Dictionary<long, DaemonAddress>(), _hosts, 2).State);
    }

    [Fact]
    public async Task Real_ports_are_told_apart()
    {
        using var speaking = new TcpListener(IPAddress.Loopback, 0);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        using var closing = new TcpListener(IPAddress.Loopback, 0);
        speaking.Start();
        silent.Start();
        closing.Start();
        Task<Socket> said = Speak();
        Task closed = Close();
        IReadOnlyList<TcpGreeting> seen = TcpGreeting.All(
            [(IPEndPoint)speaking.LocalEndpoint, (IPEndPoint)silent.LocalEndpoint, (IPEndPoint)closing.LocalEndpoint, new IPEndPoint(IPAddress.Loopback, 1)],
            TimeSpan.FromSeconds(1));
        Assert.Equal([TcpOutcome.Spoke, TcpOutcome.Silent, TcpOutcome.Closed, TcpOutcome.Refused], seen.Select(greeting => greeting.Outcome));
        Assert.Equal("ceph v2\n", seen[0].Words);
        await closed;
        (await said).Dispose();

        async Task<Socket> Speak()
        {
            Socket socket = await speaking.AcceptSocketAsync(TestContext.Current.CancellationToken);
            await socket.SendAsync(Encoding.ASCII.GetBytes("ceph v2\n"));
            return socket;
        }

        async Task Close()
        {
            using Socket socket = await closing.AcceptSocketAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Own_addresses_are_the_kernels_local_routes()
    {
        const string Routes = """
            Main:
              +-- 0.0.0.0/0 3 0 5
                 |-- 10.0.0.0
                    /24 link UNICAST
            Local:
                 |-- 127.0.0.1
                    /32 host LOCAL
                 |-- 10.0.0.7
                    /32 host LOCAL
                 |-- 10.0.0.255
                    /32 link BROADCAST
            """;
        const string Inet6 = "fd000000000000000000000000000007 02 40 00 80     eth0\nfe800000000000000000000000000001 02 40 20 80     eth0\n";
        Assert.Equal(["10.0.0.7", "127.0.0.1", "fd00::7"], OwnAddresses.Parse(Routes, Inet6).Select(address => address.ToString()).Order(StringComparer.Ordinal));
        Assert.Contains(IPAddress.Loopback, OwnAddresses.Read());
    }

    private static OsdFacts Osd(long id, bool up) => new(id, up, IsIn: true, []);

    private static Finding Judge(OsdFacts[] osds, long[] mute) => OsdChecks.Judge(
        osds,
        osds.Where(osd => osd.IsUp).ToDictionary(osd => osd.Id, osd => new DaemonAddress("10.0.0.1:6800", !mute.Contains(osd.Id), "seen", "", false)),
        _hosts, 2);
}
