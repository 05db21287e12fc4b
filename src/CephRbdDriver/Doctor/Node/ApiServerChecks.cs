using System.Globalization;
using System.Net;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Whether the API server that this node's kubelet speaks to answers; if not, whether its floating address is anywhere.</summary>
internal sealed class ApiServerChecks(NodeView node)
{
    private const string Name = "api-server";
    private const string Manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml";
    private const string Script = "/usr/share/cephrbd/node/7_floating_ip.sh";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>What was seen.</summary>
    /// <param name="Server">The server as it stands in the file.</param>
    /// <param name="File">The file.</param>
    /// <param name="Address">Its address; null when its name has none.</param>
    /// <param name="Reach">How it took a try.</param>
    /// <param name="Words">The same in words.</param>
    internal sealed record Seen(string Server, string File, IPAddress? Address, Reach Reach, string Words)
    {
        /// <summary>The addresses of this node.</summary>
        public IReadOnlyList<NodeAddress> Own { get; init; } = [];

        /// <summary>Whether an API server is to run on this node.</summary>
        public bool IsMaster { get; init; }

        /// <summary>Another machine in the subnet that answers for the address, by its link address; null when none does.</summary>
        public string? Neighbour { get; init; }
    }

    /// <summary>The API server answers.</summary>
    public Check ApiServer => new(Name, "grep server: /etc/kubernetes/kubelet.conf; ip addr; ip route", deadline => [Look(deadline)]);

    private Finding Look(Deadline deadline)
    {
        string file = node.Kubelet?.KubeConfig ?? KubeletView.DefaultKubeConfig;
        if (node.Files.Read(file) is not { } text)
        {
            return new Finding(Name, FindingState.Skipped, $"there is no {file}: kubelet here speaks to no API server");
        }

        if (Server(text) is not { } server || !Uri.TryCreate(server, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            return new Finding(
                Name, FindingState.Failed, $"{file} names no server (a line \"server: https://ADDRESS:PORT\")",
                "write it anew, on a master: kubeadm alpha phase kubeconfig kubelet (kubeadm init phase kubeconfig kubelet from 1.13 on), or join this node again");
        }

        IPAddress? address = IPAddress.TryParse(uri.DnsSafeHost, out IPAddress? literal) ? literal : Resolve(uri.DnsSafeHost, deadline);
        if (address is null)
        {
            return Judge(new Seen(server, file, null, Reach.Silent, "its name has no address here"));
        }

        (Reach reach, string words) = Connecting.Tcp(address, uri.Port, _patience);
        var seen = new Seen(server, file, address, reach, words);
        return Judge(reach == Reach.Answered ? seen : seen with
        {
            Own = NodeAddress.Parse(Ip(deadline, "-o", "addr", "show")),
            IsMaster = node.Files.HasFile(Manifest),
            Neighbour = NeighbourIn(Ip(deadline, "neigh", "show", "to", address.ToString())),
        });
    }

    // getent knows all that the node's own programs know, hosts file and name servers alike.
    private static IPAddress? Resolve(string name, Deadline deadline)
    {
        using var limit = NodeView.Short(deadline, _patience);
        return Tool.Find("getent") is { } getent && Tool.Ask(getent, ["ahosts", name], "/", limit) is (0, var output, _)
            && IPAddress.TryParse(output.Split(' ', 2)[0], out IPAddress? address) ? address : null;
    }

    private static string Ip(Deadline deadline, params string[] arguments)
    {
        using var limit = NodeView.Short(deadline, _patience);
        string ip = Tool.Find("ip") ?? throw new VolumeException("there is no program ip on this node: apt install iproute2");
        (int exit, string output, string complaints) = Tool.Ask(ip, arguments, "/", limit);
        return exit == 0 ? output : throw new VolumeException($"ip {string.Join(' ', arguments)} ended with {exit}: {complaints}");
    }

    /// <summary>The first server in a kubeconfig, in YAML or JSON; null when there is none.</summary>
    internal static string? Server(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.TrimStart(' ', '\t', '-', '{').Replace("\"server\"", "server", StringComparison.Ordinal);
            if (trimmed.StartsWith("server", StringComparison.Ordinal) && trimmed["server".Length..].TrimStart() is [':', .. string value]
                && KubeletView.Scalar(value.Trim()) is { } server)
            {
                return server;
            }
        }

        return null;
    }

    /// <summary>Who answers for an address, in <c>ip neigh show</c>: <c>… lladdr MAC REACHABLE</c>; null when nobody does.</summary>
    internal static string? NeighbourIn(string output)
    {
        string[] words = output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int at = Array.IndexOf(words, "lladdr");
        return at >= 0 && at + 1 < words.Length && !words.Contains("FAILED") && !words.Contains("INCOMPLETE") ? words[at + 1] : null;
    }

    /// <summary>The finding.</summary>
    internal static Finding Judge(Seen seen)
    {
        string what = $"the API server {seen.Server} (in {seen.File})";
        if (seen.Reach == Reach.Answered)
        {
            return new Finding(Name, FindingState.Ok, $"{what} takes connections");
        }

        if (seen.Address is null)
        {
            return new Finding(
                Name, FindingState.Failed, $"{what} can't be reached: {seen.Words}",
                $"getent hosts {HostOf(seen)}; put the name into /etc/hosts or see to /etc/resolv.conf");
        }

        string evidence = $"{what} does not answer: {seen.Words}";
        if (seen.Own.FirstOrDefault(own => own.Address.Equals(seen.Address)) is { } mine)
        {
            return new Finding(
                Name, FindingState.Failed, $"{evidence}. {seen.Address} is this node's own ({mine.Device}), so the server itself is down or was started anew",
                "crictl ps -a | grep kube-apiserver (docker ps -a …); its logs; journalctl -u kubelet -n 50 --no-pager. Certificates end after a year: openssl x509 -enddate -noout -in /etc/kubernetes/pki/apiserver.crt");
        }

        NodeAddress? beside = seen.Own.Where(own => own.IsBeside(seen.Address)).MaxBy(own => own.Prefix);
        if (seen.Reach == Reach.Refused || seen.Neighbour is not null)
        {
            return new Finding(
                Name, FindingState.Failed, $"{evidence}. Another machine has {seen.Address}{(seen.Neighbour is { } mac ? $" ({mac})" : "")}, so no address is missing",
                $"on that machine: is kube-apiserver up? crictl ps -a | grep kube-apiserver (docker ps -a …); journalctl -u kubelet -n 50 --no-pager; iptables -nL INPUT");
        }

        if (beside is null)
        {
            return new Finding(
                Name, FindingState.Failed, $"{evidence}. {seen.Address} is in no subnet of this node",
                $"ip route get {seen.Address}; on the masters: ip -o addr show | grep -F {seen.Address}. If none has it: ip addr add {seen.Address}/PREFIX dev DEV on one of them, and {Script} {seen.Address}/PREFIX DEV there, which keeps it over a reboot");
        }

        string add = string.Create(CultureInfo.InvariantCulture, $"ip addr add {seen.Address}/{beside.Prefix} dev {beside.Device}");
        string keep = string.Create(CultureInfo.InvariantCulture, $"{Script} {seen.Address}/{beside.Prefix} {beside.Device}");
        string nobody = string.Create(CultureInfo.InvariantCulture, $"Nobody in the subnet of {beside.Device} ({beside.Address}/{beside.Prefix}) has {seen.Address}: the floating address is on no master");
        return seen.IsMaster
            ? new Finding(Name, FindingState.Failed, $"{evidence}. {nobody}, and this is one ({Manifest})", $"{add}; then {keep} keeps it over a reboot (on one master only; by --keepalived on all of them)")
            : new Finding(
                Name, FindingState.Failed, $"{evidence}. {nobody}, or its master is down",
                $"on one master, with the name of its own interface: {add}; then {keep} keeps it over a reboot");
    }

    private static string HostOf(Seen seen) => Uri.TryCreate(seen.Server, UriKind.Absolute, out Uri? uri) ? uri.DnsSafeHost : seen.Server;
}
