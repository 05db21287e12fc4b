using System.Globalization;
using System.Text;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using CephRbd.Native.Rbd;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Driver.Ceph;

/// <summary>
/// The other clients that have an image open. librbd lists them from Mimic (13.2) on; for an older one the command
/// <c>rbd status</c> does.
/// </summary>
internal sealed class WatcherList(ClusterConnection connection, VolumeSpec spec, Deadline deadline)
{
    private const string Program = "rbd";

    /// <summary>The watchers that are not this call's own. A client that died is among them for up to 30 s.</summary>
    /// <param name="image">The image, open.</param>
    /// <exception cref="VolumeException">Neither librbd nor the command can tell; says why.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public IReadOnlyList<RbdWatcher> Others(RbdImage image)
    {
        IReadOnlyList<RbdWatcher> all = image.ListWatchers() ?? AskCommand();
        return [.. all.Where(watcher => (ulong)watcher.ClientId != connection.Rados.InstanceId)];
    }

    private IReadOnlyList<RbdWatcher> AskCommand()
    {
        string program = Tool.Find(Program) ?? throw new VolumeException(
            "this node's librbd can't list the clients that have an image open (Ceph 13.2 and newer can), and the command rbd, which can, is not on this node: apt install ceph-common");
        using SafeFileHandle? keyring = Keyring();
        (int exit, string output, string complaints) = Tool.Ask(program, Arguments(keyring), "/", deadline);
        return (exit == 0 ? RbdStatusOutput.Watchers(output) : null) ?? throw new VolumeException(
            $"this node's librbd can't list the clients that have an image open (Ceph 13.2 and newer can), and {program} status did not tell it ({exit}): {(complaints.Length > 0 ? complaints : Shortened(output))}. Try it by hand: rbd status {spec.ImageSpec} --id {connection.Credentials.User}");
    }

    private List<string> Arguments(SafeFileHandle? keyring)
    {
        var arguments = new List<string> { "status", "--pool", spec.Pool, "--image", spec.Image };
        if (spec.Namespace is { } ns)
        {
            arguments.AddRange(["--namespace", ns]);
        }

        arguments.AddRange(["--format", "json", "-c", connection.ConfFile, "--id", connection.Credentials.User]);
        if (keyring is not null)
        {
            arguments.AddRange(["--keyring", string.Create(
                CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{keyring.DangerousGetHandle()}")]);
        }

        return arguments;
    }

    // A file in memory that only root finds, below this process, and that ends with it: nothing is left of the key
    // however the call ends.
    private SafeFileHandle? Keyring()
    {
        if (connection.Credentials.Key is not { } key)
        {
            return null;
        }

        SafeFileHandle file = Files.CreateMemory("cephrbd-keyring");
        try
        {
            RandomAccess.Write(file, Encoding.UTF8.GetBytes($"[{connection.Credentials.Entity}]\nkey = {key.Reveal()}\n"), 0);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string Shortened(string output) => output.Length <= 200 ? output : output[..200] + "…";
}
