using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Mounting;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Status;

/// <summary>
/// Reads what there is on the node: sysfs, mountinfo, tags, the driver's notes. Asks no cluster, changes nothing, and
/// does nothing to a file system that could wait for its device.
/// </summary>
/// <param name="config">The config in force.</param>
/// <param name="mappers">What is mapped.</param>
/// <param name="fsidOf">The id of a cluster by its name, if its conf tells it.</param>
internal sealed class StateReader(DriverConfig config, Mappers mappers, Func<string?, string?> fsidOf)
{
    private const string KubeletPods = "/var/lib/kubelet/pods";
    private const string CephFolder = "/etc/ceph";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly List<string> _unreadable = [];

    /// <summary>Reads all of it.</summary>
    /// <exception cref="IOException">The kernel's tables can't be read.</exception>
    public NodeState Read()
    {
        _unreadable.Clear();
        MountTable table = MountTable.Read();
        MappedImage[] devices = [.. mappers.All()];
        NodeState state = new()
        {
            Node = config.NodeName ?? Environment.MachineName,
            Runtime = config.Runtime,
            StagingDir = Canonical(config.StagingDir),
            PrivateDir = Canonical(Path.Combine(config.RunDir, "stage")),
            Clusters = Clusters(),
            Devices = devices,
            Mounts = table.Entries.ToArray(),
            OtherDevices = OtherDevices(table, devices),
            StageFolders = [.. Folders(config.StagingDir).Where(StageName.IsOne)],
            Attached = Noted("attached volumes", new AttachRecords(config).All),
            Unfinished = Noted("unmounts", new Unfinished(config).All),
        };
        return state with
        {
            Tags = Tags(state),
            Answers = Ask(state),
            Holders = HoldersOf(state),
            Busy = BusyStages(state),
            Unreadable = [.. _unreadable],
        };
    }

    // The default cluster, and each that has a conf file and so can be a volume's.
    private List<KnownCluster> Clusters()
    {
        string[] named = Directory.Exists(CephFolder)
            ? [.. Directory.EnumerateFiles(CephFolder, "*.conf").Where(path => path != config.ConfFile).Select(path => Path.GetFileNameWithoutExtension(path)!)]
            : [];
        return
        [
            .. named.Order(StringComparer.Ordinal).Prepend(null).Select(name =>
            {
                try
                {
                    return new KnownCluster(name, fsidOf(name));
                }
                catch (VolumeException)
                {
                    // Whoever asks this cluster hears what is wrong with its conf.
                    return new KnownCluster(name, Fsid: null);
                }
            }).Where(known => known.Name is null || known.Fsid is not null),
        ];
    }

    private static HashSet<(int, int)> OtherDevices(MountTable table, MappedImage[] devices) =>
    [
        .. table.Entries.Where(mount => Mappers.IsOurs(mount.Source) && mount.Major != 0)
            .Select(mount => (mount.Major, mount.Minor)).Distinct()
            .Where(number => !Array.Exists(devices, device => device.Major == number.Major && device.Minor == number.Minor)
                && Sysfs.BlockDeviceName((uint)number.Major, (uint)number.Minor) is not null),
    ];

    // The tmpfs of tags; and below kubelet's folder also tags without one. What images are mounted on is not touched:
    // a look into it could take as long as its cluster does.
    private List<SeenTag> Tags(NodeState state)
    {
        List<SeenTag> tags = [];
        HashSet<string> mounted = [.. state.Mounts.Select(mount => mount.MountPoint)];
        foreach (MountEntry mount in state.Mounts.Where(mount => mount.IsTag))
        {
            if (Path.GetDirectoryName(mount.MountPoint) != state.PrivateDir && Look(mount.MountPoint) is { } seen)
            {
                tags.Add(seen);
            }
        }

        foreach (string dir in Folders(KubeletPods).Select(uid => Path.Combine(KubeletPods, uid, "volumes", "hyper~cephrbd"))
            .SelectMany(plugin => Folders(plugin).Select(volume => Path.Combine(plugin, volume))))
        {
            if (!mounted.Contains(dir) && Look(dir) is { Tag: not null } seen)
            {
                tags.Add(seen);
            }
        }

        return tags;
    }

    private SeenTag? Look(string dir)
    {
        try
        {
            byte[]? tag = Content(Path.Combine(dir, HyperTag.FileName));
            byte[]? record = Content(Path.Combine(dir, VolumeRecord.FileName));
            return Directory.Exists(dir)
                ? new SeenTag(dir, tag is null ? null : HyperTag.TryParse(tag), record is null ? null : VolumeRecord.TryParse(record))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unreadable.Add($"{dir}: its tag can't be read: {e.Message}");
            return null;
        }
    }

    private static byte[]? Content(string path) => File.Exists(path) ? File.ReadAllBytes(path) : null;

    // One question for each device: its mounts share the file system. A thread asks, so that one that hangs stops nobody.
    private static Dictionary<string, Answer> Ask(NodeState state)
    {
        var answers = new Dictionary<string, Answer>(StringComparer.Ordinal);
        foreach (string place in state.Devices.Select(device => VolumeList.MountsOf(state, device)).Where(mounts => mounts.Count > 0).Select(mounts => mounts[0].MountPoint))
        {
            Task<Answer> question = Task.Factory.StartNew(() => Ask(place), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            answers[place] = question.Wait(_patience) ? question.Result : new Answer(null, $"no answer within {_patience.TotalSeconds:0} s");
            if (!question.IsCompleted)
            {
                // The others most likely have the same trouble; the devices are listed all the same.
                break;
            }
        }

        return answers;
    }

    private static Answer Ask(string place)
    {
        try
        {
            // Neither call needs the device: the root directory and the counts are in memory while it is mounted.
            _ = Files.KindOf(place);
            return new Answer(FileSystemUse.Of(place), null);
        }
        catch (LinuxException e)
        {
            return new Answer(null, e.Message);
        }
    }

    private static Dictionary<string, string> HoldersOf(NodeState state)
    {
        var holders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (MappedImage device in state.Devices.Where(device => VolumeList.MountsOf(state, device).Count == 0))
        {
            try
            {
                if (!DeviceNodes.IsFree(device.DevicePath))
                {
                    holders[device.DevicePath] = Redactor.Redact(Holders.Describe(device.Major, device.Minor, device.Name));
                }
            }
            catch (LinuxException)
            {
                // No node, or none behind it: nobody can have it open by that.
            }
        }

        return holders;
    }

    private HashSet<string> BusyStages(NodeState state)
    {
        try
        {
            return
            [
                .. state.StageFolders.Concat(VolumeList.Of(state).Where(volume => volume is { Runtime: RuntimeKind.Host, Image: not null })
                    .Select(volume => StageName.Of(volume.Cluster, volume.Image!))).Distinct().Where(name => Stages.IsBusy(config, name)),
            ];
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            _unreadable.Add($"the lock file in {config.RunDir} can't be used: {e.Message}. Check runDir in the config");
            return [];
        }
    }

    private IReadOnlyList<T> Noted<T>(string what, Func<IReadOnlyList<T>> read)
    {
        try
        {
            return read();
        }
        catch (VolumeException e)
        {
            _unreadable.Add($"the notes on {what}: {e.Message}");
            return [];
        }
    }

    private static string[] Folders(string path)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(path).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Canonical(string folder)
    {
        try
        {
            return Path.GetDirectoryName(MountTable.Canonical(Path.Combine(folder, "any")))!;
        }
        catch (LinuxException)
        {
            // It is not there yet.
            return Path.TrimEndingDirectorySeparator(folder);
        }
    }
}
