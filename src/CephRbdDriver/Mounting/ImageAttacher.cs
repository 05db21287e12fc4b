using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native;

namespace CephRbd.Driver.Mounting;

/// <summary>An image's device, and its file system if that was looked at already.</summary>
/// <param name="Device">The device.</param>
/// <param name="Found">What its superblock tells; null when it was not read.</param>
/// <param name="IsMounted">Whether it is mounted somewhere already: then its file system is the kernel's, and nobody checks it.</param>
internal sealed record AttachedImage(MappedImage Device, OnDevice? Found, bool IsMounted = false);

/// <summary>
/// From a volume to a block device that holds its file system. An image that a kernel had mounted before is mapped
/// straight away; any other is first looked at, created or formatted through librbd, as no device is needed for that.
/// </summary>
internal sealed class ImageAttacher(DriverConfig config, IImages images, Mappers mappers, AttachRecords records, Steps steps)
{
    private const string KrbdNode = "/dev/rbd";

    private readonly Writer _node = ThisNode.Itself(config);
    private readonly Dictionary<string, string?> _fsids = new(StringComparer.Ordinal);

    /// <summary>The volume's image, as far as conf and spec tell.</summary>
    public ImageIdentity IdentityOf(VolumeSpec spec) =>
        new(spec.Pool, spec.Namespace, spec.Image, Snapshot: null) { ClusterFsid = FsidOf(spec.Cluster) };

    /// <summary>The id of a cluster, if its conf tells it.</summary>
    public string? FsidOf(string? cluster)
    {
        if (!_fsids.TryGetValue(cluster ?? "", out string? fsid))
        {
            _fsids[cluster ?? ""] = fsid = images.FsidFromConf(cluster);
        }

        return fsid;
    }

    /// <summary>The devices that may be an image's: of its name and pool, less those that are mounted as other images.</summary>
    public IEnumerable<MappedImage> Candidates(ImageIdentity image) => mappers.Named(image, MountedAsOthers(image));

    /// <summary>The device of an image that is mapped already; null when it is not.</summary>
    /// <exception cref="VolumeException">An image of this name is mapped, and the cluster does not tell whether it is this one.</exception>
    public MappedImage? FindMapped(VolumeSpec spec) => steps.Run("look for a mapping", () =>
    {
        ImageIdentity wanted = IdentityOf(spec);
        foreach (MappedImage device in Candidates(wanted).ToArray())
        {
            Match match = device.Identity.Compare(wanted);
            if (match == Match.Unsure && wanted.ImageId is null)
            {
                // Older kernels do not tell the cluster; the image's id does as well.
                wanted = images.Find(spec) is { } facts
                    ? wanted with { ImageId = facts.ImageId, ClusterFsid = facts.ClusterFsid }
                    : throw new VolumeException($"image {spec.ImageSpec} does not exist, yet {device.DevicePath} is a mapping of that name: an image that was removed or renamed? Look at it: rbd showmapped");
                match = device.Identity.Compare(wanted);
            }

            if (match == Match.Yes)
            {
                return device;
            }
        }

        return null;
    });

    /// <summary>The image is mapped and holds its file system.</summary>
    /// <param name="spec">The volume.</param>
    /// <param name="undo">Learns how to take back what is done.</param>
    /// <exception cref="VolumeException">It could not be done; says why.</exception>
    public AttachedImage Attach(VolumeSpec spec, UndoStack undo)
    {
        if (FindMapped(spec) is { } existing)
        {
            RequireAccess(spec);
            if (MountTable.Read().Of(existing.Major, existing.Minor).FirstOrDefault() is { } mount)
            {
                return new AttachedImage(AsMounted(existing, mount, spec), Found: null, IsMounted: true);
            }

            bool wasAttached = records.Keep(existing.Identity);
            if ((wasAttached || !Reserves(spec)) && Ready(existing, spec, wasAttached) is { } ready)
            {
                steps.Note($"{existing.Name} is a mapping of it: taken as it is");
                return ready;
            }

            // Who mapped it asked nobody, or was killed before the image was this node's. Or it has to be looked at
            // through librbd, which formats nothing that somebody has open.
            mappers.Unmap(existing);
        }

        undo.Push($"the reservation of image {spec.ImageSpec}, which ends by itself", () => images.GiveUp(spec));
        AttachedImage image = StraightAway(spec, undo) ?? new AttachedImage(Prepared(spec, undo), Found: null);
        images.ConfirmMapped(spec);
        return image;
    }

    /// <summary>
    /// A volume with a key of its own gets what is mapped already only if that key opens the image: another volume's key,
    /// or the node's, had it mapped.
    /// </summary>
    /// <exception cref="VolumeException">The key does not open it, or the cluster could not be asked.</exception>
    public void RequireAccess(VolumeSpec spec)
    {
        if (spec.Key is not null && !steps.Run("check that the volume's own key opens the image", () => images.Exists(spec)))
        {
            throw new VolumeException($"image {spec.ImageSpec} does not exist for client.{spec.User ?? config.User}");
        }
    }

    /// <summary>
    /// Gives an image back that was just unmapped, with the node's own key. What can't be given back is in nobody's
    /// way: its client is gone, and the next writer is told so by the cluster. So it is with the exclusive lock in any
    /// case, which the kernel has given back: then the cluster is not even asked.
    /// </summary>
    /// <param name="cluster">The cluster's name; null for the default one.</param>
    /// <param name="device">The device that it was.</param>
    /// <param name="limit">How long the cluster is waited for at most; null for a few seconds.</param>
    public void GiveBack(string? cluster, MappedImage device, TimeSpan? limit = null)
    {
        if (device.ReadOnly || device.IsUnderExclusiveLock || config.ReservationSeconds == 0)
        {
            return;
        }

        TimeSpan patience = limit ?? config.ReleasePatience;
        patience = patience < steps.Deadline.Patience ? patience : steps.Deadline.Patience;
        var spec = new VolumeSpec { Image = device.Identity.Image, Pool = device.Identity.Pool, Namespace = device.Identity.Namespace, Cluster = cluster };
        try
        {
            images.Release(spec, device.Identity.ImageId, _node, patience);
        }
        catch (VolumeException e)
        {
            steps.Warn($"the reservation was not given back, and ends by itself: {e.Message}");
        }
    }

    // Whatever is asked for, what is mounted is not taken away from under whoever uses it.
    private static MappedImage AsMounted(MappedImage device, MountEntry mount, VolumeSpec spec) =>
        mount.FsType != spec.FsType
            ? throw new VolumeException($"image {spec.ImageSpec} is mounted at {mount.MountPoint} on this node with {mount.FsType}, so it can't be given as {spec.FsType}")
            : device.ReadOnly && !spec.ReadOnly
                ? throw new VolumeException($"image {spec.ImageSpec} is mapped for reading only and mounted at {mount.MountPoint} on this node, so it can't be given for writing. Wait until that is unmounted, or run this pod on another node")
                : device;

    // Beside hundreds of volumes most devices are known by where they are mounted, and need not be asked one by one.
    private HashSet<int> MountedAsOthers(ImageIdentity image)
    {
        HashSet<int> others = [];
        string own = StageName.Of(null, image);
        MountTable.Read().VisitBelow(Path.GetFileName(config.StagingDir.AsSpan().TrimEnd('/')), (name, source) =>
        {
            if (source.StartsWith(KrbdNode, StringComparison.Ordinal)
                && int.TryParse(source[KrbdNode.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && StageName.IsAnothers(name, own))
            {
                others.Add(id);
            }
        });
        return others;
    }

    // The quick way: of Ceph's libraries, no more than to reserve the image; for reading only they are not even loaded.
    private AttachedImage? StraightAway(VolumeSpec spec, UndoStack undo)
    {
        if (Wanted(spec) == MapperKind.Nbd || images.AccessFromConf(spec) is not { } access || !mappers.Krbd.Load().Ready)
        {
            return null;
        }

        ulong? features = null;
        if (Reserves(spec))
        {
            if (images.Reserve(spec, _node) is not { } facts || (facts.Features & ~mappers.Krbd.Bus.SupportedFeatures) != 0)
            {
                return null;
            }

            features = facts.Features;
        }

        MappedImage device;
        try
        {
            device = mappers.Krbd.Map(IdentityOf(spec), access, spec.ReadOnly, NeedsOwnClient(features));
        }
        catch (MapFailure e) when (e.Errno is not (Errno.TimedOut or Errno.Io))
        {
            // There is no such image yet, or it has a feature the kernel lacks, or …: librbd tells which.
            steps.Note($"the kernel does not take it: {e.Message}");
            return null;
        }

        undo.Push($"the mapping {device.Name}", () => mappers.UnmapNow(device));
        if (Ready(device, spec, wasAttached: false) is { } ready)
        {
            return ready;
        }

        mappers.Unmap(device);
        return null;
    }

    private MappedImage Prepared(VolumeSpec spec, UndoStack undo)
    {
        (bool ready, string problem) = mappers.Krbd.Load();
        ulong supported = ready ? mappers.Krbd.Bus.SupportedFeatures : 0;
        MapperKind wanted = Wanted(spec);
        ulong? features = spec.ImageFeatures ?? config.ImageFeatures
            ?? (wanted == MapperKind.Nbd || !ready ? null : KrbdFeatures.ForNewImages(supported));
        PreparedImage prepared = images.Prepare(spec with { ImageFeatures = features }, withMonitors: true, _node);
        ImageFacts facts = prepared.Facts;
        KernelAccess access = prepared.KernelAccess!;
        ImageIdentity image = IdentityOf(spec) with { ClusterFsid = facts.ClusterFsid, ImageId = facts.ImageId };
        bool byKernel = wanted == MapperKind.Krbd || (wanted == MapperKind.Auto && ready && (facts.Features & ~supported) == 0);
        if (!byKernel && wanted == MapperKind.Auto && !NbdMapper.IsInstalled)
        {
            byKernel = true;
        }

        MappedImage device = byKernel
            ? ByKernel(spec, image, access, facts.Features, supported, ready ? null : problem)
            : mappers.Nbd.Map(image, access, spec.Cluster, spec.ReadOnly);
        undo.Push($"the mapping {device.Name}", () => mappers.UnmapNow(device));
        return device;
    }

    private MappedImage ByKernel(VolumeSpec spec, ImageIdentity image, KernelAccess access, ulong features, ulong supported, string? problem)
    {
        string other = NbdMapper.IsInstalled
            ? "set the mapper to nbd (or auto) to have rbd-nbd map it"
            : "install rbd-nbd and leave the mapper at auto";
        if (problem is not null)
        {
            throw new VolumeException($"image {image.ImageSpec} can't be mapped by the kernel: {problem}. Load it (modprobe rbd), or {other}");
        }

        ulong unsupported = features & ~supported;
        if (unsupported == 0)
        {
            return mappers.Krbd.Map(image, access, spec.ReadOnly, !spec.ReadOnly && NeedsOwnClient(features));
        }

        string remedy = KrbdFeatures.DisableLine(image.ImageSpec, unsupported, features) is { } line
            ? $"Disable them: {line} (while nobody uses the image), or {other}"
            : $"They can't be disabled: copy the image to one without them, or {other}";
        throw new VolumeException(
            $"image {image.ImageSpec} has features that this node's kernel ({Environment.OSVersion.Version}) can't map: {ImageFeatureNames.Names(unsupported)}. {remedy}");
    }

    // A file system that was mounted once is complete, and nothing of ours is to be finished on the image. The same goes
    // for what stays mapped since it was attached here: it was looked at then.
    private AttachedImage? Ready(MappedImage device, VolumeSpec spec, bool wasAttached) =>
        (!device.ReadOnly || spec.ReadOnly)
        && (spec.SizeBytes is not { } asked || device.SizeBytes >= asked)
        && OnDevice.Read(device.DevicePath, steps.Deadline) is { } found
        && found.Type == spec.FsType
        && (found.WasMountedBefore == true || wasAttached)
            ? new AttachedImage(device, found)
            : null;

    // Such an image's writer can be shut out by its client's address alone: so the client must serve nothing else.
    private bool NeedsOwnClient(ulong? features) =>
        config.ReservationSeconds > 0 && features is { } bits && (bits & ImageFeatureNames.ExclusiveLock) == 0;

    private bool Reserves(VolumeSpec spec) => !spec.ReadOnly && config.ReservationSeconds > 0;

    private MapperKind Wanted(VolumeSpec spec) => spec.Mapper ?? config.Mapper;
}
