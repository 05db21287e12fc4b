using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Whether kubelet runs, and as this config needs it.</summary>
internal sealed class KubeletChecks(NodeView node)
{
    private const string Name = "kubelet";

    /// <summary>What the running kubelet was started with, as far as volumes go.</summary>
    /// <param name="Process">The process in words.</param>
    /// <param name="IsStopped">Whether a signal has stopped it.</param>
    /// <param name="Pid">Its number.</param>
    /// <param name="Endpoint">The runtime's endpoint; null when nothing names one.</param>
    /// <param name="ContainerRuntime">What <c>--container-runtime</c> says; null when it does not stand there.</param>
    /// <param name="ControllerAttaches">Whether attach and detach are left to the controller.</param>
    internal sealed record Seen(string Process, bool IsStopped, int Pid, string? Endpoint, string? ContainerRuntime, bool ControllerAttaches);

    /// <summary>kubelet runs, with flags that go with the config.</summary>
    public Check Kubelet => new(Name, "systemctl status kubelet; journalctl -u kubelet -n 50", Look);

    private IEnumerable<Finding> Look(Deadline deadline)
    {
        if (node.Kubelet is { } kubelet)
        {
            return Judge(
                new Seen(kubelet.Process.Described, kubelet.Process.IsStopped, kubelet.Process.Pid, kubelet.RuntimeEndpoint, kubelet.ContainerRuntime, kubelet.ControllerAttaches),
                node.Config);
        }

        return
        [
            node.HasKubelet
                ? new Finding(
                    Name, FindingState.Failed, $"kubelet does not run: no process of that name; {node.UnitState("kubelet", deadline)}",
                    "systemctl enable --now kubelet; then journalctl -u kubelet -n 50 --no-pager tells why it ended")
                : new Finding(Name, FindingState.Skipped, "kubelet is not on this node: no process, no unit, no program"),
        ];
    }

    /// <summary>The findings: each flag that does not go with the config, or that all do.</summary>
    internal static IReadOnlyList<Finding> Judge(Seen seen, DriverConfig config)
    {
        if (seen.IsStopped)
        {
            return [new Finding(Name, FindingState.Failed, $"kubelet is there and does nothing ({seen.Process})", $"kill -CONT {seen.Pid}; or systemctl restart kubelet")];
        }

        List<Finding> found = [];
        string endpoint = seen.Endpoint ?? "none (kubelet's own default)";
        bool byFrakti = seen.Endpoint?.Contains("frakti", StringComparison.Ordinal) == true;
        bool isRemote = seen.ContainerRuntime is null or "remote";
        if (config.Runtime == RuntimeKind.Hyper && !(byFrakti && isRemote))
        {
            found.Add(new Finding(
                Name, seen.Endpoint is null || !isRemote ? FindingState.Failed : FindingState.Warning,
                $"kubelet ({seen.Process}) has the runtime endpoint {endpoint}{(isRemote ? "" : $" and --container-runtime={seen.ContainerRuntime}")}; the driver's runtime is hyper, whose tags only frakti reads: pods would find an empty folder",
                "start kubelet with --container-runtime=remote --container-runtime-endpoint=unix:///var/run/frakti.sock (a drop-in in /etc/systemd/system/kubelet.service.d; systemctl daemon-reload; systemctl restart kubelet); or, for ordinary containers, \"runtime\": \"host\" in the config"));
        }
        else if (config.Runtime == RuntimeKind.Host && byFrakti)
        {
            found.Add(new Finding(
                Name, FindingState.Warning, $"kubelet ({seen.Process}) has frakti as its runtime ({endpoint}), and the driver's runtime is host: VMs get the image mounted on the node, over 9p, instead of as a disk",
                "\"runtime\": \"hyper\" in the config; pods that run keep theirs until they end"));
        }

        if (config is { Runtime: RuntimeKind.Host, Attach: true } && seen.ControllerAttaches)
        {
            found.Add(new Finding(
                Name, FindingState.Warning, $"kubelet ({seen.Process}) leaves attach and detach to the controller, and the config has \"attach\": true: nobody calls detach on this node, and images stay mapped when their pods are gone",
                "start kubelet with --enable-controller-attach-detach=false (or enableControllerAttachDetach: false in its config), or set \"attach\": false; what is left mapped: cephrbd status, cephrbd detach NAME"));
        }

        return found.Count > 0 ? found :
        [
            new Finding(
                Name, FindingState.Ok,
                $"kubelet runs ({seen.Process}), runtime endpoint {endpoint}, attach and detach by {(seen.ControllerAttaches ? "the controller" : "kubelet")}{(config.Attach ? "" : ", which this driver needs neither of")}"),
        ];
    }
}
