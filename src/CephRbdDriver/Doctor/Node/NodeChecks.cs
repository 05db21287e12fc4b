using CephRbd.Driver.Config;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>What a volume needs of this node.</summary>
internal static class NodeChecks
{
    /// <summary>The checks for a config.</summary>
    public static IReadOnlyList<Check> Of(DriverConfig config)
    {
        var node = new NodeView(config, new NodeFiles());
        var hyper = new HyperChecks(node);
        return
        [
            new KubeletChecks(node).Kubelet,
            new PluginFolderChecks(node).PluginFolder,
            hyper.Frakti,
            hyper.Hyperd,
            hyper.Order,
            new ApiServerChecks(node).ApiServer,
            new UdevChecks(node).Udev,
            new KernelChecks(node).Kernel,
            new ToolChecks(node).Tools,
            new LeftoverChecks(node).Leftovers,
            new DiskChecks(node).Disk,
            new LogChecks(config).Log,
            ClockChecks.Clock,
        ];
    }
}
