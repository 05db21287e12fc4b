using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>Who this node is to other nodes.</summary>
internal static class ThisNode
{
    private const int MostOfAName = 256;
    private const string MachineIdFile = "/etc/machine-id";

    /// <summary>One pod's VM as the writer of an image.</summary>
    /// <param name="config">The config, which may name the node.</param>
    /// <param name="pod">The pod, as far as known.</param>
    /// <param name="dir">The dir that kubelet wants the volume in.</param>
    public static Writer For(DriverConfig config, PodIdentity? pod, string dir) => Itself(config) with
    {
        PodUid = Cut(pod?.Uid),
        Dir = Path.TrimEndingDirectorySeparator(dir),
        Pod = pod?.Name is { } name ? $"{Cut(pod.Namespace) ?? "?"}/{Cut(name)}" : null,
    };

    /// <summary>The node as the writer of an image, for all its pods.</summary>
    public static Writer Itself(DriverConfig config) =>
        new(config.NodeName ?? Environment.MachineName, MachineId(), PodUid: null, Dir: null) { Boot = Processes.BootId() };

    // A pod's author may have made them up, as long as they like.
    private static string? Cut(string? text) => text is { Length: > MostOfAName } ? text[..MostOfAName] : text;

    // A name alone would do on a cluster whose nodes are named well; and where there is no id, it has to.
    private static string MachineId()
    {
        try
        {
            return File.ReadAllText(MachineIdFile).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
