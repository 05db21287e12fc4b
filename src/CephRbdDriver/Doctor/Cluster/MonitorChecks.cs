using System.Net;
using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>The monitors that ceph.conf names, each asked by a connection of its own, without librados.</summary>
internal sealed class MonitorChecks(DriverConfig config)
{
    private const string Name = "monitors";
    private const string General = "on each monitor's node: systemctl status ceph-mon@$(hostname -s); systemctl reset-failed ceph-mon@$(hostname -s); systemctl start ceph-mon@$(hostname -s); its firewall must let ports 3300 and 6789 in; and this node needs a route there (ip route get IP)";

    /// <summary>They can be reached, and are Ceph's.</summary>
    public Check Monitors => new(Name, "the network: ip route; ip -br addr; or name servers, where mon_host has names", Look);

    private List<Finding> Look(Deadline deadline)
    {
        IReadOnlyList<IReadOnlyList<MonAddress>> monitors;
        try
        {
            monitors = CephConf.Parse(File.ReadAllText(config.ConfFile)).Get("client." + config.User, "mon_host") is { } monHost ? MonHost.Parse(monHost) : [];
        }
        catch (Exception e) when (e is VolumeException or IOException or UnauthorizedAccessException)
        {
            monitors = [];
        }

        if (monitors.Count == 0)
        {
            return [new Finding(Name, FindingState.Skipped, $"{config.ConfFile} names none: see conf")];
        }

        // All names are asked for at once; then all addresses are.
        string[] names = [.. monitors.SelectMany(monitor => monitor).Select(address => address.Host).Where(host => !IPAddress.TryParse(host, out _)).Distinct()];
        Task<List<string>>[] questions = [.. names.Select(name => Task.Factory.StartNew(
            () => Resolve(name, deadline), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WaitAll(questions);
        var resolved = names.Zip(questions, (name, question) => (name, question.Result)).ToDictionary(pair => pair.name, pair => pair.Result);

        List<(int Monitor, MonAddress Address)> tried = [];
        List<(int Monitor, DaemonAddress Seen)> seen = [];
        for (int i = 0; i < monitors.Count; i++)
        {
            foreach (MonAddress address in monitors[i].SelectMany(CephDaemon.Tried))
            {
                if (!resolved.TryGetValue(address.Host, out List<string>? numbers))
                {
                    tried.Add((i, address));
                }
                else if (numbers.Count == 0)
                {
                    seen.Add((i, new DaemonAddress(address.ToV1Text(), false, "this node cannot resolve its name", $"getent ahosts {address.Host}; write IP addresses into mon_host of {config.ConfFile}", !address.IsV2)));
                }
                else
                {
                    tried.AddRange(numbers.Select(number => (i, address with { Host = number })));
                }
            }
        }

        IReadOnlyList<DaemonAddress> answers = CephDaemon.Ask([.. tried.Select(one => one.Address)], "monitor");
        return [Judge([.. seen, .. tried.Zip(answers, (one, answer) => (one.Monitor, answer))])];
    }

    /// <summary>Judges what was seen at all addresses.</summary>
    /// <param name="seen">The monitor's number, and what was seen at one of its addresses.</param>
    internal static Finding Judge(IReadOnlyList<(int Monitor, DaemonAddress Seen)> seen)
    {
        IGrouping<int, DaemonAddress>[] monitors = [.. seen.GroupBy(one => one.Monitor, one => one.Seen).OrderBy(group => group.Key)];
        string evidence = string.Join("; ", seen.OrderBy(one => one.Monitor).Select(one => $"{one.Seen.Place} {one.Seen.Seen}"));
        int dead = monitors.Count(group => !group.Any(address => address.IsCeph));
        string remedy = string.Join("; ", seen.Where(one => one.Seen.Remedy.Length > 0).Select(one => one.Seen.Remedy).Distinct().Take(4).Append(General));
        if (dead == monitors.Length)
        {
            return new Finding(Name, FindingState.Failed, $"no monitor can be reached: {evidence}", remedy);
        }

        if (dead > 0)
        {
            return new Finding(Name, FindingState.Warning, $"{ClusterSession.Number(dead)} of {ClusterSession.Number(monitors.Length)} monitors cannot be reached: {evidence}", remedy);
        }

        // A port that may be closed is one that nobody was told of: before Nautilus there is no v2.
        DaemonAddress[] mute = [.. seen.Select(one => one.Seen).Where(address => !address.IsCeph)];
        return mute.Any(address => address.IsV1)
            ? new Finding(
                Name, FindingState.Warning, $"the monitors answer, but not on every port of messenger v1, which hyperd and kernels before 5.11 use: {evidence}",
                $"{remedy}; a monitor without v1: ceph mon set-addrs NAME '[v2:IP:3300,v1:IP:6789]'")
            : new Finding(Name, FindingState.Ok, evidence);
    }

    private static List<string> Resolve(string name, Deadline deadline)
    {
        if (Tool.Find("getent") is not { } getent)
        {
            return [];
        }

        using var limit = new Deadline(TimeSpan.FromSeconds(Math.Min(2, ClusterSession.Left(deadline).TotalSeconds)));
        try
        {
            (int exit, string output, _) = Tool.Ask(getent, ["ahosts", name], "/", limit);
            return exit != 0 ? [] : [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ')[0]).Where(word => IPAddress.TryParse(word, out _)).Distinct()];
        }
        catch (VolumeException)
        {
            // No answer from the name servers: told as a name that has no address.
            return [];
        }
    }
}
