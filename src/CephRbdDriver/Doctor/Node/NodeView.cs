using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>What several checks ask of the node, read once.</summary>
/// <param name="config">The config in force.</param>
/// <param name="files">The node's files.</param>
internal sealed class NodeView(DriverConfig config, NodeFiles files)
{
    private static readonly string[] _unitFolders = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

    private readonly Lazy<NodeProcesses> _processes = new(() => NodeProcesses.Read(files));

    /// <summary>The config in force.</summary>
    public DriverConfig Config => config;

    /// <summary>The node's files.</summary>
    public NodeFiles Files => files;

    /// <summary>Its processes.</summary>
    public NodeProcesses Processes => _processes.Value;

    /// <summary>The kubelet that runs here; null when none does.</summary>
    public KubeletView? Kubelet => Processes.Find("kubelet") is { } process ? new KubeletView(process, files) : null;

    /// <summary>Whether kubelet is on this node at all, running or not.</summary>
    public bool HasKubelet => Kubelet is not null || HasUnit("kubelet") || HasProgram("kubelet");

    /// <summary>The folders of OSDs on this node.</summary>
    public IReadOnlyList<string> OsdFolders => [.. files.Names("/var/lib/ceph/osd").Select(name => "/var/lib/ceph/osd/" + name).Where(files.HasFolder)];

    /// <summary>Whether systemd knows a service by this name.</summary>
    public bool HasUnit(string name) => _unitFolders.Any(folder => files.HasFile($"{folder}/{name}.service"));

    /// <summary>Whether a program is installed.</summary>
    public bool HasProgram(string name) => files.Root.Length == 0
        ? Tool.Find(name) is not null
        : ((string[])["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin", "/usr/local/sbin"]).Any(folder => files.HasFile($"{folder}/{name}"));

    /// <summary>What systemd says of a service that should run, as the end of a sentence.</summary>
    public string UnitState(string name, Deadline deadline)
    {
        if (!HasUnit(name))
        {
            return $"systemd has no unit {name}.service";
        }

        if (Tool.Find("systemctl") is not { } systemctl)
        {
            return "there is no systemctl to ask";
        }

        using var limit = Short(deadline, TimeSpan.FromSeconds(2));
        try
        {
            (int exit, string output, string complaints) = Tool.Ask(
                systemctl, ["show", $"{name}.service", "-p", "ActiveState", "-p", "SubState", "-p", "Result", "-p", "UnitFileState", "-p", "ExecMainStatus"], "/", limit);
            return exit == 0
                ? $"systemd says of {name}.service: {string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))}"
                : $"systemctl show {name}.service ended with {exit}: {complaints}";
        }
        catch (DeadlineException)
        {
            return $"systemctl show {name}.service did not answer within 2 s";
        }
    }

    /// <summary>A deadline for one question within a check.</summary>
    public static Deadline Short(Deadline deadline, TimeSpan most) => new(deadline.Remaining < most ? deadline.Remaining : most);
}
