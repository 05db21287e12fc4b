using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Mounting;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Status;

/// <summary>Puts together from what was read which volumes a node has.</summary>
internal static class VolumeList
{
    /// <summary>All volumes, ordered by image and device. The cluster has not been asked yet.</summary>
    public static IReadOnlyList<VolumeStatus> Of(NodeState state) =>
    [
        .. state.Devices.Select(device => Mapped(state, device))
            .Concat(Lost(state))
            .Concat(AttachedOnly(state))
            .Concat(Tagged(state))
            .OrderBy(volume => volume.ImageName, StringComparer.Ordinal)
            .ThenBy(volume => volume.Device, StringComparer.Ordinal),
    ];

    /// <summary>The mounts of a mapped image that calls are not just making ready.</summary>
    public static IReadOnlyList<MountEntry> MountsOf(NodeState state, MappedImage device) =>
        [.. state.Mounts.Where(mount => IsOf(device, mount) && !IsPrivate(state, mount))];

    /// <summary>Mounts whose device is an image's no more, by device.</summary>
    public static IEnumerable<IGrouping<(int Major, int Minor, string Source), MountEntry>> LostMounts(NodeState state) =>
        state.Mounts
            .Where(mount => Mappers.IsOurs(mount.Source) && !IsPrivate(state, mount)
                && !state.OtherDevices.Contains((mount.Major, mount.Minor))
                && !state.Devices.Any(device => IsOf(device, mount)))
            .GroupBy(mount => (mount.Major, mount.Minor, mount.Source));

    /// <summary>The name of a mounted image's stage; null when the place is no stage of ours.</summary>
    public static string? StageNameOf(NodeState state, string place) =>
        Path.GetDirectoryName(place) == state.StagingDir ? Path.GetFileName(place) : null;

    /// <summary>Takes kubelet's path of a pod's volume apart: <c>…/pods/UID/volumes/VENDOR~DRIVER/NAME</c>.</summary>
    /// <returns>UID and name; null when the path is none of these.</returns>
    public static (string Uid, string Volume)? PodOf(string path) => path.Split('/') switch
    {
        [.., "pods", { Length: > 0 } uid, "volumes", var plugin, { Length: > 0 } volume] when plugin.Contains('~', StringComparison.Ordinal) => (uid, volume),
        _ => null,
    };

    private static VolumeStatus Mapped(NodeState state, MappedImage device)
    {
        IReadOnlyList<MountEntry> mounts = MountsOf(state, device);
        AttachRecords.Record[] attached = [.. state.Attached.Where(record => record.Image.Compare(device.Identity) != Match.No && MayBe(state, record.Cluster, device))];
        (bool known, string? cluster) = ClusterOf(state, device, mounts, attached);
        return WithMounts(state, mounts) with
        {
            Image = device.Identity,
            Cluster = cluster,
            Mapper = device.Mapper,
            Device = device.DevicePath,
            ReadOnly = device.ReadOnly,
            SizeBytes = device.SizeBytes,
            Attached = [.. attached.Select(record => record.Volume)],
            HeldBy = state.Holders.GetValueOrDefault(device.DevicePath),
            Ask = known ? AskFor(device.Identity, cluster) : null,
            Look = known ? null : new ImageLook(Facts: null, $"no conf file on this node is of its cluster, {device.Identity.ClusterFsid}"),
        };
    }

    private static IEnumerable<VolumeStatus> Lost(NodeState state) => LostMounts(state).Select(mounts =>
    {
        string? stage = mounts.Select(mount => StageNameOf(state, mount.MountPoint)).FirstOrDefault(name => name is not null);
        ImageIdentity? image = null;
        string? cluster = null;
        if (stage is not null && StageName.TryParse(stage, out string? named, out ImageIdentity? identity))
        {
            (image, cluster) = (identity, named);
        }

        return WithMounts(state, [.. mounts]) with
        {
            Image = image,
            Cluster = cluster,
            Device = mounts.Key.Source,
            Ask = image is null ? null : AskFor(image, cluster),
        };
    });

    private static IEnumerable<VolumeStatus> AttachedOnly(NodeState state) => state.Attached
        .Where(record => !state.Devices.Any(device => record.Image.Compare(device.Identity) != Match.No && MayBe(state, record.Cluster, device)))
        .GroupBy(record => (record.Cluster, record.Image.ImageSpec))
        .Select(records => new VolumeStatus
        {
            Runtime = RuntimeKind.Host,
            Image = records.First().Image,
            Cluster = records.Key.Cluster,
            Attached = [.. records.Select(record => record.Volume)],
            Ask = AskFor(records.First().Image, records.Key.Cluster),
        });

    private static IEnumerable<VolumeStatus> Tagged(NodeState state) => state.Tags
        .Where(seen => seen.Tag is not null)
        .GroupBy(seen => (seen.Record?.Cluster, seen.Tag!.Pool, seen.Tag.VolumeId))
        .Select(group =>
        {
            SeenTag first = group.First();
            string[] path = first.Tag!.VolumeId.Split('/', 2);
            ImageIdentity image = new(first.Tag.Pool, path.Length == 2 ? path[0] : null, path[^1], Snapshot: null);
            return new VolumeStatus
            {
                Runtime = RuntimeKind.Hyper,
                Image = image,
                Cluster = group.Key.Cluster,
                ReadOnly = group.All(seen => seen.Record is { ReadOnly: true }),
                FsType = first.Tag.FsType.Length == 0 ? null : first.Tag.FsType,
                Pods = [.. group.Select(PodOf)],
                Ask = AskFor(image, group.Key.Cluster) with
                {
                    User = first.Tag.User.Length == 0 ? null : first.Tag.User,
                    Key = first.Tag.Keyring,
                },
            };
        });

    private static PodUse PodOf(SeenTag seen)
    {
        (string Uid, string Volume)? path = PodOf(seen.Dir);
        return new PodUse(
            path?.Uid ?? seen.Record?.Pod?.Uid, seen.Record?.Pod?.Namespace, seen.Record?.Pod?.Name,
            seen.Record?.Volume ?? path?.Volume, seen.Dir, seen.Record is { ReadOnly: true });
    }

    // Everything that mounts tell.
    private static VolumeStatus WithMounts(NodeState state, IReadOnlyList<MountEntry> mounts)
    {
        // With attach kubelet has the image mounted at a dir of its own.
        MountEntry? stage = mounts.FirstOrDefault(mount => StageNameOf(state, mount.MountPoint) is not null)
            ?? mounts.FirstOrDefault(mount => mount.MountPoint.Contains("/plugins/kubernetes.io/", StringComparison.Ordinal));
        return new VolumeStatus
        {
            Runtime = RuntimeKind.Host,
            FsType = mounts.Count > 0 ? mounts[0].FsType : null,
            Use = mounts.Select(mount => state.Answers.GetValueOrDefault(mount.MountPoint)?.Use).FirstOrDefault(use => use is not null),
            Stage = stage?.MountPoint,
            Pods =
            [
                .. mounts.Select(mount => (Mount: mount, Pod: PodOf(mount.MountPoint))).Where(found => found.Pod is not null)
                    .Select(found => new PodUse(found.Pod!.Value.Uid, null, null, found.Pod.Value.Volume, found.Mount.MountPoint, found.Mount.IsReadOnly)),
            ],
            OtherMounts = [.. mounts.Where(mount => mount != stage && PodOf(mount.MountPoint) is null).Select(mount => mount.MountPoint)],
        };
    }

    // Its stage or its attached volume names the cluster; else the kernel tells its id.
    private static (bool Known, string? Cluster) ClusterOf(
        NodeState state, MappedImage device, IReadOnlyList<MountEntry> mounts, IReadOnlyList<AttachRecords.Record> attached)
    {
        foreach (MountEntry mount in mounts)
        {
            if (StageNameOf(state, mount.MountPoint) is { } name && StageName.TryParse(name, out string? cluster, out _))
            {
                return (true, cluster);
            }
        }

        if (attached.Count > 0)
        {
            return (true, attached[0].Cluster);
        }

        KnownCluster? found = state.Clusters.FirstOrDefault(known => IsFsid(known.Fsid, device))
            ?? state.Clusters.FirstOrDefault(known => known.Fsid is null || device.Identity.ClusterFsid is null);
        return (found is not null || state.Clusters.Count == 0, found?.Name);
    }

    private static bool MayBe(NodeState state, string? cluster, MappedImage device) =>
        state.Clusters.FirstOrDefault(known => known.Name == cluster)?.Fsid is not { } fsid
        || device.Identity.ClusterFsid is null || IsFsid(fsid, device);

    private static bool IsFsid(string? fsid, MappedImage device) =>
        fsid is not null && string.Equals(fsid, device.Identity.ClusterFsid, StringComparison.OrdinalIgnoreCase);

    private static VolumeSpec AskFor(ImageIdentity image, string? cluster) =>
        new() { Image = image.Image, Pool = image.Pool, Namespace = string.IsNullOrEmpty(image.Namespace) ? null : image.Namespace, Cluster = cluster };

    private static bool IsOf(MappedImage device, MountEntry mount) => mount.Major == device.Major && mount.Minor == device.Minor;

    private static bool IsPrivate(NodeState state, MountEntry mount) => Path.GetDirectoryName(mount.MountPoint) == state.PrivateDir;
}
