using System.Net;
using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>An address of a monitor or OSD, and whether Ceph answers there.</summary>
/// <param name="Place">The address in words: <c>172.16.4.101:6789</c>.</param>
/// <param name="IsCeph">Whether a daemon of Ceph speaks there.</param>
/// <param name="Seen">What was seen.</param>
/// <param name="Remedy">What to look at for what was seen; empty when it is Ceph.</param>
/// <param name="IsV1">Whether it is, or should be, the messenger of before Nautilus.</param>
internal sealed record DaemonAddress(string Place, bool IsCeph, string Seen, string Remedy, bool IsV1);

/// <summary>Looks whether a daemon of Ceph is at an address: it speaks first, and says which messenger it speaks.</summary>
internal static class CephDaemon
{
    private const string V1 = "ceph v027";
    private const string V2 = "ceph v2\n";

    /// <summary>How long each address is tried.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The addresses that a client tries for one of mon_host: where it names neither messenger nor port, both usual ones.</summary>
    public static IEnumerable<MonAddress> Tried(MonAddress address) => address switch
    {
        { Port: not null } => [address],
        { Protocol: "v2" } => [address with { Port = MonAddress.V2Port }],
        { Protocol: "v1" } => [address with { Port = MonAddress.V1Port }],
        _ => [address with { Protocol = "v2", Port = MonAddress.V2Port }, address with { Protocol = "v1", Port = MonAddress.V1Port }],
    };

    /// <summary>Connects to all addresses at the same time.</summary>
    /// <param name="addresses">With ports, and with numbers for hosts.</param>
    /// <param name="daemon">What should be there: "monitor", "OSD".</param>
    public static IReadOnlyList<DaemonAddress> Ask(IReadOnlyList<MonAddress> addresses, string daemon)
    {
        IPEndPoint[] places = [.. addresses.Select(address => new IPEndPoint(IPAddress.Parse(address.Host), address.Port!.Value))];
        return [.. addresses.Zip(TcpGreeting.All(places, Patience), (address, greeting) => Judge(address, greeting, daemon))];
    }

    /// <summary>Judges what was said at an address.</summary>
    internal static DaemonAddress Judge(MonAddress address, TcpGreeting greeting, string daemon)
    {
        string place = address.ToV1Text();
        bool? wantsV2 = address.IsV2 ? true : address.Protocol == "v1" || address.Port == MonAddress.V1Port ? false : null;
        string port = ClusterSession.Number(address.Port ?? MonAddress.V1Port);
        string host = address.Host;
        bool v1 = greeting.Words.StartsWith(V1, StringComparison.Ordinal);
        bool v2 = greeting.Words.StartsWith(V2, StringComparison.Ordinal);
        if (v1 || v2)
        {
            return wantsV2 is { } wanted && wanted != v2
                ? new DaemonAddress(place, false, $"speaks messenger {(v2 ? "v2" : "v1")}, where {(v2 ? "v1" : "v2")} is expected", $"correct the address: ceph mon dump shows them", v1)
                : new DaemonAddress(place, true, $"Ceph ({(v2 ? "v2" : "v1")}, {greeting.Milliseconds})", "", v1);
        }

        bool isMonitor = daemon == "monitor";
        string who = $"see what has that port on {host}: ss -ltnp 'sport = :{port}'";
        (string seen, string remedy) = greeting.Outcome switch
        {
            TcpOutcome.Spoke => ($"is not Ceph: it says {Shown.Quote(greeting.Words)}", who),
            TcpOutcome.Silent => ($"takes the connection and says nothing for {Patience.TotalSeconds:0} s: the {daemon} is frozen, or it is not Ceph", $"on {host}: ps -o pid,stat,wchan:30,cmd -C {(isMonitor ? "ceph-mon" : "ceph-osd")} (state T: kill -CONT PID; D: its disk hangs, dmesg)"),

            // A daemon that just ends does that: what has the port then is the next question only for a monitor.
            TcpOutcome.Closed => ("takes the connection and closes it at once", isMonitor ? who : ""),
            TcpOutcome.Refused => ("refuses the connection: nobody listens there", isMonitor ? $"on {host}: systemctl status ceph-mon@$(hostname -s)" : ""),
            TcpOutcome.NoAnswer => ($"no answer within {Patience.TotalSeconds:0} s: a firewall, or the host is down", $"from here: ping {host}; ip route get {host}; on {host}: iptables -S | grep {port}"),
            _ => ($"cannot be reached: {greeting.Error}", $"from here: ip route get {host}; ip -br addr"),
        };
        return new DaemonAddress(place, false, seen, remedy, wantsV2 == false);
    }
}
