using System.Globalization;
using System.Net;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Runtime hyper: whether those that make VMs of pods run, answer, and were started in the order they need.</summary>
internal sealed class HyperChecks(NodeView node)
{
    private const string DefaultSocket = "/var/run/frakti.sock";
    private const string DefaultEndpoint = "127.0.0.1:22318";
    private const string HyperdConfig = "/etc/hyper/config";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>What was seen of a service.</summary>
    /// <param name="Process">Its process; null when it does not run.</param>
    /// <param name="Unit">What systemd says; null when it was not asked.</param>
    /// <param name="Place">The socket that others reach it by.</param>
    /// <param name="Reach">How that took a try.</param>
    /// <param name="Words">The same in words.</param>
    internal sealed record Service(NodeProcess? Process, string? Unit, string Place, Reach Reach, string Words);

    /// <summary>frakti runs and takes kubelet's calls.</summary>
    public Check Frakti => new("frakti", "systemctl status frakti; ls -l /var/run/frakti.sock", deadline => [Applies("frakti") ?? Judge("frakti", SeeFrakti(deadline), null)]);

    /// <summary>hyperd runs and takes frakti's calls.</summary>
    public Check Hyperd => new("hyperd", "systemctl status hyperd; ss -ltn", deadline => [Applies("hyperd") ?? Judge("hyperd", SeeHyperd(deadline), GrpcHost(node.Files.Read(HyperdConfig)))]);

    /// <summary>Each was started after the one that it calls.</summary>
    public Check Order => new("start-order", "ps -o lstart,args -C hyperd,frakti,kubelet", _ =>
        [Applies("start-order") ?? JudgeOrder(node.Processes.Find("hyperd"), node.Processes.Find("frakti"), node.Processes.Find("kubelet"))]);

    private Finding? Applies(string name) =>
        node.Config.Runtime == RuntimeKind.Host ? new Finding(name, FindingState.Skipped, "runtime host has no part for it")
        : node.HasKubelet || node.HasUnit("frakti") || node.HasUnit("hyperd") || node.Processes.Find("frakti", "hyperd") is not null ? null
        : new Finding(name, FindingState.Skipped, "neither kubelet nor frakti nor hyperd is on this node: no pods run here");

    private Service SeeFrakti(Deadline deadline)
    {
        NodeProcess? process = node.Processes.Find("frakti");
        string endpoint = node.Kubelet?.RuntimeEndpoint is { } named && named.Contains("frakti", StringComparison.Ordinal) ? named
            : (process is null ? null : KubeletView.Flag(process.Arguments, "listen")) ?? DefaultSocket;
        string socket = endpoint.StartsWith("unix://", StringComparison.Ordinal) ? endpoint["unix://".Length..] : endpoint;
        (Reach reach, string words) = Connecting.Unix(node.Files.At(socket), _patience);
        return new Service(process, process is null ? node.UnitState("frakti", deadline) : null, socket, reach, words);
    }

    private Service SeeHyperd(Deadline deadline)
    {
        NodeProcess? process = node.Processes.Find("hyperd");
        string place = node.Processes.Find("frakti") is { } frakti && KubeletView.Flag(frakti.Arguments, "hyper-endpoint") is { Length: > 0 } named ? named : DefaultEndpoint;
        (Reach reach, string words) = IPEndPoint.TryParse(place, out IPEndPoint? point) && point.Port > 0
            ? Connecting.Tcp(point.Address, point.Port, _patience)
            : (Reach.Missing, "that is no address and port");
        return new Service(process, process is null ? node.UnitState("hyperd", deadline) : null, place, reach, words);
    }

    /// <summary>The address of hyperd's gRPC in its config; null when the key is not set.</summary>
    internal static string? GrpcHost(string? config) => (config ?? "").Split('\n')
        .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
        .LastOrDefault(parts => parts is ["gRPCHost", { Length: > 0 }])?[1];

    /// <summary>The finding about a service.</summary>
    /// <param name="name">Its name, as process, unit and check.</param>
    /// <param name="seen">What was seen.</param>
    /// <param name="grpcHost">Where hyperd's config has it listen; null when it does not say.</param>
    internal static Finding Judge(string name, Service seen, string? grpcHost)
    {
        // kubelet tries again by itself; frakti, once it had no hyperd, and kubelet, once it had no frakti, want a new start.
        string restart = name == "hyperd" ? "systemctl restart hyperd frakti kubelet" : "systemctl restart frakti kubelet";
        if (seen.Process is null)
        {
            return new Finding(
                name, FindingState.Failed, $"{name} does not run: no process of that name; {seen.Unit}",
                $"systemctl enable {name}; {restart}; then journalctl -u {name} -n 50 --no-pager tells why it ended");
        }

        if (seen.Process.IsStopped)
        {
            return new Finding(name, FindingState.Failed, $"{name} is there and does nothing ({seen.Process.Described})", $"kill -CONT {seen.Process.Pid}; or {restart}");
        }

        if (seen.Reach == Reach.Answered)
        {
            return new Finding(name, FindingState.Ok, $"{name} runs ({seen.Process.Described}) and answers at {seen.Place}");
        }

        bool isUnset = name == "hyperd" && grpcHost != seen.Place;
        return new Finding(
            name, FindingState.Failed,
            $"{name} runs ({seen.Process.Described}), but {seen.Place}: {seen.Words}" + (isUnset ? $"; {HyperdConfig} has gRPCHost {grpcHost ?? "unset"}, and frakti calls {seen.Place}" : ""),
            isUnset ? $"sed -i '/^ *gRPCHost/d' {HyperdConfig}; echo gRPCHost={seen.Place} >> {HyperdConfig}; {restart}" : $"{restart}; then journalctl -u {name} -n 50 --no-pager");
    }

    /// <summary>The finding about the order.</summary>
    internal static Finding JudgeOrder(NodeProcess? hyperd, NodeProcess? frakti, NodeProcess? kubelet)
    {
        (string Name, NodeProcess? Process)[] all = [("hyperd", hyperd), ("frakti", frakti), ("kubelet", kubelet)];
        (string Name, NodeProcess Process)[] running = [.. all.Where(one => one.Process is not null).Select(one => (one.Name, one.Process!))];
        if (running.Length < 2)
        {
            return new Finding("start-order", FindingState.Skipped, "fewer than two of hyperd, frakti, kubelet run");
        }

        string order = string.Join(", ", running.OrderBy(one => one.Process.StartTicks).Select(one =>
            string.Create(CultureInfo.InvariantCulture, $"{one.Name} ({one.Process.Described}, {one.Process.StartSecond} s after boot)")));
        for (int i = 1; i < running.Length; i++)
        {
            if (running[i].Process.StartTicks < running[i - 1].Process.StartTicks)
            {
                return new Finding(
                    "start-order", FindingState.Warning, $"{running[i].Name} was started before {running[i - 1].Name}, which it calls: {order}. It may have given up on it",
                    "systemctl restart hyperd && systemctl restart frakti && systemctl restart kubelet; to keep it so: After=hyperd.service in a drop-in of frakti, After=frakti.service in one of kubelet (/usr/share/cephrbd/node/deploy_compute_node.sh makes them)");
            }
        }

        return new Finding("start-order", FindingState.Ok, $"started in the order they need: {order}");
    }
}
