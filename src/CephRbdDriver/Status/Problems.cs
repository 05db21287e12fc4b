using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Status;

/// <summary>Finds what is not right on a node.</summary>
internal static class Problems
{
    /// <summary>Mapped, and nobody uses it.</summary>
    public const string UnusedMapping = "unusedMapping";

    /// <summary>Mounted for pods, and there is none.</summary>
    public const string StageWithoutPods = "stageWithoutPods";

    /// <summary>What a call that was killed began.</summary>
    public const string LeftFolder = "leftFolder";

    /// <summary>A mount whose device is gone, another image's, or answers with errors.</summary>
    public const string CorruptMount = "corruptMount";

    /// <summary>The kernel has stopped writing to a file system.</summary>
    public const string TurnedReadOnly = "turnedReadOnly";

    /// <summary>The place of a tag without one.</summary>
    public const string TagMissing = "tagMissing";

    /// <summary>A pod is gone, and what it used is not.</summary>
    public const string UnfinishedUnmount = "unfinishedUnmount";

    /// <summary>Attached, and not mapped any more.</summary>
    public const string AttachedNotMapped = "attachedNotMapped";

    /// <summary>The driver's own notes could not be read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>There is no such image any more.</summary>
    public const string ImageGone = "imageGone";

    /// <summary>The cluster could not be asked.</summary>
    public const string NoAnswer = "noAnswer";

    /// <summary>More clients than this node's have the image open, which is written here.</summary>
    public const string OtherWatchers = "otherWatchers";

    /// <summary>The image was given to another node for writing.</summary>
    public const string TakenOver = "takenOver";

    /// <summary>What the node itself shows, without the cluster.</summary>
    public static IReadOnlyList<Problem> OnNode(NodeState state, IReadOnlyList<VolumeStatus> volumes) =>
    [
        .. state.Unreadable.Select(text => new Problem(Unreadable, null, text)),
        .. state.Unfinished.Select(left => new Problem(
            UnfinishedUnmount, ImageOfStage(left.Stage)?.ImageSpec,
            $"the unmount of {left.Dir} could not be finished; kubelet repeats it. By hand: cephrbd unmount {left.Dir}")),
        .. state.Tags.Where(seen => seen.Tag is null).Select(seen => new Problem(
            TagMissing, seen.Record?.Image,
            $"{seen.Dir} has no whole tag, so no VM gets the volume: somebody took it away. Take the rest away (cephrbd unmount {seen.Dir}); kubelet's next mount writes a new one")),
        .. state.Devices.SelectMany(device => OfMounts(device, VolumeList.MountsOf(state, device), state)),
        .. VolumeList.LostMounts(state).SelectMany(mounts => mounts).Select(mount => new Problem(
            CorruptMount, volumes.FirstOrDefault(volume => IsAt(volume, mount.MountPoint))?.Image?.ImageSpec,
            $"{mount.MountPoint}: its device {mount.Source} is gone, reads and writes fail. Delete the pod; if it stays: umount -l {mount.MountPoint}")),
        .. volumes.Where(volume => volume.Runtime == RuntimeKind.Host).SelectMany(volume => OfVolume(state, volume)),
        .. state.StageFolders.Where(name => !IsInUse(state, volumes, name)).Select(name => new Problem(
            LeftFolder, ImageOfStage(name)?.ImageSpec,
            $"{Path.Combine(state.StagingDir, name)} is left of a call that was killed: nothing is mounted there. The next mount or unmount of any volume clears it away")),
    ];

    /// <summary>What only the cluster could tell. One that can't be asked is one problem, however many images it has.</summary>
    /// <param name="volumes">The volumes, looked at.</param>
    /// <param name="node">This node.</param>
    public static IReadOnlyList<Problem> InCluster(IReadOnlyList<VolumeStatus> volumes, Writer node) =>
    [
        .. volumes.Where(volume => volume.Look is { IsGone: true }).Select(volume => new Problem(
            ImageGone, volume.ImageName, "the cluster has no such image: it was removed or renamed while this node uses it")),
        .. volumes.Where(volume => volume.Image is { ImageId: { } id } && volume.Look?.Facts is { } facts && facts.ImageId != id).Select(volume => new Problem(
            ImageGone, volume.ImageName, $"the image behind {volume.Device} was removed or renamed, and the cluster has another one of this name now")),
        .. volumes.Where(volume => volume.Look?.Problem is not null).GroupBy(volume => volume.Look!.Problem!).Select(same => new Problem(
            NoAnswer, same.Count() == 1 ? same.First().ImageName : null,
            same.Key + (same.Count() == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({same.Count()} images)")))),
        .. volumes.Where(volume => volume is { Runtime: RuntimeKind.Host, Mapper: not null, ReadOnly: false }).Select(volume => Watched(volumes, volume)).OfType<Problem>(),
        .. volumes.Where(volume => !volume.ReadOnly && (volume.IsMounted || volume.Pods.Count > 0) && volume.Look?.Facts?.GivenTo is { } writer && !writer.IsNodeOf(node)).Select(volume => new Problem(
            TakenOver, volume.ImageName,
            $"it was given to {volume.Look!.Facts!.GivenTo}, after this node was not heard of. What writes to it here was shut out: delete its pods on this node")),
    ];

    private static IEnumerable<Problem> OfMounts(MappedImage device, IReadOnlyList<MountEntry> mounts, NodeState state)
    {
        foreach (MountEntry mount in mounts)
        {
            if (VolumeList.StageNameOf(state, mount.MountPoint) is { } name
                && StageName.TryParse(name, out _, out ImageIdentity? image) && image.Compare(device.Identity) == Match.No)
            {
                yield return new Problem(
                    CorruptMount, image.ImageSpec,
                    $"{mount.MountPoint} is the stage of {image.ImageSpec}, but {device.DevicePath} is {device.Identity.ImageSpec} now: the image was unmapped by force. Delete its pods; if the mount stays: umount -l {mount.MountPoint}");
            }

            if (state.Answers.GetValueOrDefault(mount.MountPoint)?.Error is { } error)
            {
                yield return new Problem(
                    CorruptMount, device.Identity.ImageSpec,
                    $"{mount.MountPoint} does not answer as it should: {error}. See dmesg for {device.Name}; delete the image's pods, so that it is checked and mounted anew");
            }
        }

        // The mount asks for writing and the file system refuses.
        if (!device.ReadOnly && mounts.FirstOrDefault(mount => mount.IsReadOnly && !mount.Options.Split(',').Contains("ro")) is { } refused)
        {
            yield return new Problem(
                TurnedReadOnly, device.Identity.ImageSpec,
                $"the {refused.FsType} on {device.DevicePath} takes no more writes, though it is mounted for writing ({refused.MountPoint}): an error made the kernel stop. See dmesg for {device.Name}; delete the image's pods, so that it is checked and mounted anew");
        }
    }

    private static IEnumerable<Problem> OfVolume(NodeState state, VolumeStatus volume)
    {
        bool busy = volume.Image is { } image && state.Busy.Contains(StageName.Of(volume.Cluster, image));
        bool attached = volume.Attached.Count > 0;
        if (volume.Mapper is null && attached && !volume.IsMounted && !busy)
        {
            yield return new Problem(
                AttachedNotMapped, volume.ImageName,
                $"attached as {string.Join(", ", volume.Attached)}, but no device is mapped: somebody unmapped it. The next mount maps it again; without one: cephrbd detach {volume.Attached[0]}");
        }

        if (volume.Mapper is { } mapper && !volume.IsMounted && !attached && volume.HeldBy is null && !busy)
        {
            string unmap = mapper == MapperKind.Nbd ? "rbd-nbd unmap" : "rbd unmap";
            yield return new Problem(
                UnusedMapping, volume.ImageName,
                $"{volume.Device} is mapped, but not mounted, attached or held by anything. If nobody needs it: {unmap} {volume.Device}");
        }

        if (volume.Stage is { } stage && volume.Pods.Count == 0 && volume.OtherMounts.Count == 0 && !attached && !busy && volume.Mapper is not null)
        {
            yield return new Problem(
                StageWithoutPods, volume.ImageName,
                $"{stage} is mounted, but no pod has it: left of a call that was killed. {(VolumeList.StageNameOf(state, stage) is null ? $"By hand: cephrbd unmountdevice {stage}" : "The next mount or unmount of any volume clears it away")}");
        }
    }

    private static Problem? Watched(IReadOnlyList<VolumeStatus> volumes, VolumeStatus volume)
    {
        int here = volumes.Where(other => IsSame(other, volume)).Sum(other => other.Runtime == RuntimeKind.Hyper ? other.Pods.Count : 1);
        return volume.Look?.Facts?.Watchers is { } watchers && watchers.Count > here
            ? new Problem(
                OtherWatchers, volume.ImageName,
                string.Create(CultureInfo.InvariantCulture, $"{watchers.Count} clients have it open, {here} of them on this node, which may write: {string.Join(", ", watchers)}. Two writers destroy a file system: find the other one by its address"))
            : null;
    }

    private static bool IsSame(VolumeStatus one, VolumeStatus other) =>
        one.Image is { } image && other.Image is { } second && one.Cluster == other.Cluster && image.Compare(second) != Match.No;

    private static bool IsInUse(NodeState state, IReadOnlyList<VolumeStatus> volumes, string name) =>
        state.Busy.Contains(name)
        || state.Mounts.Any(mount => VolumeList.StageNameOf(state, mount.MountPoint) == name)
        || volumes.Any(volume => volume is { Mapper: not null, Image: not null } && StageName.Of(volume.Cluster, volume.Image) == name)
        || state.Unfinished.Any(left => left.Stage == name);

    private static bool IsAt(VolumeStatus volume, string place) =>
        volume.Stage == place || volume.OtherMounts.Contains(place) || volume.Pods.Any(pod => pod.Path == place);

    private static ImageIdentity? ImageOfStage(string name) => StageName.TryParse(name, out _, out ImageIdentity? image) ? image : null;
}
