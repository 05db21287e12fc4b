using System.Globalization;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Whether kubelet finds the driver, whole, and nothing else beside it.</summary>
internal sealed class PluginFolderChecks(NodeView node)
{
    private const string Name = "plugin-folder";
    private const string Driver = "hyper~cephrbd";
    private const string Place = "/usr/lib/cephrbd/place.sh";

    // Kubespray, AKS, GKE.
    private static readonly string[] _moved = ["/var/lib/kubelet/volume-plugins", "/etc/kubernetes/volumeplugins", "/home/kubernetes/flexvolume"];

    /// <summary>One entry as stat(1) shows it.</summary>
    /// <param name="Mode">The permission bits.</param>
    /// <param name="Uid">Whose it is.</param>
    internal sealed record Entry(int Mode, int Uid);

    /// <summary>What was seen of a plugin folder.</summary>
    /// <param name="Path">The plugin folder.</param>
    /// <param name="Source">Who says that it is the one.</param>
    /// <param name="Exists">Whether it is there.</param>
    /// <param name="Folder">The driver's folder; null when it is not there.</param>
    /// <param name="Binary">The driver; null when it is not there.</param>
    /// <param name="Others">Other names in the driver's folder, without those that begin with a dot.</param>
    /// <param name="MountOptions">The options of the mount that it lies on.</param>
    /// <param name="Difference">How the driver differs from this program; null when it does not.</param>
    internal sealed record Seen(
        string Path, string Source, bool Exists, Entry? Folder, Entry? Binary, IReadOnlyList<string> Others, string MountOptions, string? Difference)
    {
        /// <summary>Where kubelet looks for the driver.</summary>
        public string BinaryPath => $"{Path}/{Driver}/cephrbd";
    }

    /// <summary>The driver lies where kubelet looks.</summary>
    public Check PluginFolder => new(Name, "the disk of kubelet's plugin folder: df, dmesg", Look);

    private IEnumerable<Finding> Look(Deadline deadline)
    {
        if (node.Kubelet is { } kubelet)
        {
            return kubelet.Process.SeesOurFiles
                ? Judge(See(kubelet.PluginFolder, $"kubelet ({kubelet.Process.Described}) looks into it", deadline))
                : [new Finding(Name, FindingState.Skipped, $"kubelet ({kubelet.Process.Described}) has files of its own, as in a container: run the doctor in there (nsenter -m -t {kubelet.Process.Pid}); its folder is {kubelet.PluginFolder}")];
        }

        string[] known = [.. _moved.Prepend(KubeletView.DefaultPluginFolder).Where(folder => node.Files.HasFile($"{folder}/{Driver}/cephrbd"))];
        return known.Length > 0 ? known.SelectMany(folder => Judge(See(folder, "kubelet does not run; the driver lies here", deadline)))
            : node.HasKubelet ? Judge(See(KubeletView.DefaultPluginFolder, "kubelet does not run; this is its default", deadline))
            : [new Finding(Name, FindingState.Skipped, "kubelet is not on this node, and the driver in none of the known plugin folders")];
    }

    private Seen See(string path, string source, Deadline deadline)
    {
        string folder = $"{path}/{Driver}";
        string binary = folder + "/cephrbd";
        return new Seen(
            path, source, node.Files.HasFolder(path), StatOf(folder, deadline), StatOf(binary, deadline),
            [.. node.Files.Names(folder).Where(name => name != "cephrbd" && !name.StartsWith('.'))],
            NodeMounts.Above(node.Files.At(path))?.Options ?? "", node.Files.HasFile(binary) ? Difference(node.Files.At(binary), deadline) : null);
    }

    private Entry? StatOf(string path, Deadline deadline)
    {
        if (!node.Files.HasFile(path) && !node.Files.HasFolder(path))
        {
            return null;
        }

        using var limit = NodeView.Short(deadline, TimeSpan.FromSeconds(2));
        (int exit, string output, string complaints) = Tool.Ask(
            Tool.Find("stat") ?? throw new VolumeException("there is no program stat on this node: apt install coreutils"), ["-L", "-c", "%a %u", node.Files.At(path)], "/", limit);
        return exit == 0 && output.Split(' ') is [var mode, var uid]
            ? new Entry(Convert.ToInt32(mode, 8), int.Parse(uid, CultureInfo.InvariantCulture))
            : throw new VolumeException($"stat {path} ended with {exit}: {complaints}");
    }

    // What is there now must be what is asked here; else an upgrade has stopped half way.
    private static string? Difference(string binary, Deadline deadline)
    {
        string own = Environment.ProcessPath ?? "/proc/self/exe";
        if (IsSame(own, binary))
        {
            return null;
        }

        return $"{binary} ({VersionOf(binary, deadline)}) is another program than this one, {own} ({VersionOf(own, deadline)})";
    }

    private static bool IsSame(string one, string other)
    {
        using FileStream first = File.OpenRead(one);
        using FileStream second = File.OpenRead(other);
        if (first.Length != second.Length)
        {
            return false;
        }

        byte[] left = new byte[1 << 16];
        byte[] right = new byte[1 << 16];
        for (int read; (read = first.ReadAtLeast(left, left.Length, throwOnEndOfStream: false)) > 0;)
        {
            if (second.ReadAtLeast(right, read, throwOnEndOfStream: false) < read || !left.AsSpan(0, read).SequenceEqual(right.AsSpan(0, read)))
            {
                return false;
            }
        }

        return true;
    }

    private static string VersionOf(string program, Deadline deadline)
    {
        using var limit = NodeView.Short(deadline, TimeSpan.FromSeconds(2));
        try
        {
            (int exit, string output, string complaints) = Tool.Ask(program, ["version"], "/", limit);
            return exit == 0 ? output.Split('\n')[0].Trim() : $"\"version\" ends with {exit}: {complaints}";
        }
        catch (VolumeException e)
        {
            return e.Message;
        }
    }

    /// <summary>The findings: each thing that is wrong, or that all is right.</summary>
    internal static IReadOnlyList<Finding> Judge(Seen seen)
    {
        string put = $"{Place} put {Environment.ProcessPath} {seen.Path} --keep /var/lib/cephrbd/previous (or install.sh of the archive)";
        if (!seen.Exists || seen.Binary is null)
        {
            return
            [
                new Finding(
                    Name, FindingState.Failed,
                    $"there is no {(seen.Exists ? seen.BinaryPath : seen.Path)} ({seen.Source}): pods with such volumes stay ContainerCreating", put),
            ];
        }

        List<Finding> found = [];
        if ((seen.Binary.Mode & 0x49) != 0x49 || seen.Binary.Uid != 0 || (seen.Binary.Mode & 0x12) != 0)
        {
            found.Add(new Finding(
                Name, FindingState.Failed, $"{seen.BinaryPath} has mode {Octal(seen.Binary.Mode)} and belongs to uid {seen.Binary.Uid}: it has to be 0755, root's, since kubelet runs it as root",
                $"chown 0:0 {seen.BinaryPath}; chmod 0755 {seen.BinaryPath}"));
        }

        if (seen.Folder is { } folder && ((folder.Mode & 0x12) != 0 || folder.Uid != 0))
        {
            found.Add(new Finding(
                Name, FindingState.Failed, $"{seen.Path}/{Driver} has mode {Octal(folder.Mode)} and belongs to uid {folder.Uid}: whoever may write there becomes root by kubelet",
                $"chown 0:0 {seen.Path}/{Driver}; chmod 0755 {seen.Path}/{Driver}"));
        }

        string[] options = seen.MountOptions.Split(',');
        if (options.Contains("noexec"))
        {
            found.Add(new Finding(
                Name, FindingState.Failed, $"{seen.Path} lies on a file system mounted noexec ({seen.MountOptions}): kubelet cannot run the driver",
                $"mount -o remount,exec $(findmnt -n -o TARGET -T {seen.Path}), and in /etc/fstab"));
        }
        else if (options.Contains("ro"))
        {
            found.Add(new Finding(Name, FindingState.Warning, $"{seen.Path} lies on a file system mounted read-only: the driver runs, and cannot be upgraded", $"findmnt -T {seen.Path}"));
        }

        if (seen.Others.Count > 0)
        {
            found.Add(new Finding(
                Name, FindingState.Warning, $"{seen.Path}/{Driver} holds {string.Join(", ", seen.Others.Take(5))} beside the driver: each change there makes kubelet probe again, and a name without a dot may be run",
                $"mv {string.Join(' ', seen.Others.Take(5).Select(name => $"{seen.Path}/{Driver}/{name}"))} /var/lib/cephrbd/"));
        }

        if (seen.Difference is { } difference)
        {
            found.Add(new Finding(Name, FindingState.Warning, $"{difference}: kubelet runs the first one", put));
        }

        return found.Count > 0 ? found : [new Finding(Name, FindingState.Ok, $"{seen.BinaryPath} is this program, 0755, root's ({seen.Source})")];
    }

    private static string Octal(int mode) => "0" + Convert.ToString(mode, 8);
}
