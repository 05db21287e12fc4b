using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Hyper;

/// <summary>
/// Pods that are VMs: QEMU opens the image by itself through librbd, so the node maps and mounts nothing. kubelet's
/// mount prepares the image and leaves the tag that frakti gives to hyperd.
/// </summary>
internal sealed class HyperRuntime(DriverConfig config, IImages images, Steps steps) : IVolumeRuntime
{
    private readonly TagStore _tags = new(config);

    /// <inheritdoc/>
    public Capabilities Capabilities => Capabilities.MountOnly;

    /// <inheritdoc/>
    public bool Owns(string mountDir) => mountDir.StartsWith('/') && Directory.Exists(mountDir) && TagStore.HasTag(mountDir);

    /// <summary>The device of a volume: what QEMU's rbd driver calls it.</summary>
    public static string DeviceOf(VolumeSpec spec) => "rbd:" + spec.ImageSpec;

    /// <inheritdoc/>
    public string Attach(VolumeSpec spec, string? node)
    {
        images.PrepareForNobody(spec, ThisNode.Itself(config));
        return DeviceOf(spec);
    }

    /// <inheritdoc/>
    public string WaitForAttach(string device, VolumeSpec spec) => images.Exists(spec)
        ? DeviceOf(spec)
        : throw new VolumeException($"image {spec.ImageSpec} does not exist");

    /// <inheritdoc/>
    public bool IsAttached(VolumeSpec spec, string? node) => images.Exists(spec);

    /// <inheritdoc/>
    public void MountDevice(string deviceMountDir, string device, VolumeSpec spec)
    {
        // The image needs nothing on the node: each pod's VM opens it.
    }

    /// <inheritdoc/>
    public void Mount(string mountDir, VolumeSpec spec)
    {
        RequireDirectory(mountDir);
        using CallLock callLock = steps.Run($"lock {mountDir}", () => CallLock.Take(config.RunDir, mountDir, steps.Deadline),
            "another cephrbd call for the same dir: ps -C cephrbd");
        _tags.SweepStages();
        if (StandsAlready(mountDir, spec))
        {
            steps.Note("the tag stands already: nothing to do");
            return;
        }

        UndoStack.Guard(undo =>
        {
            PreparedImage image = images.Prepare(spec, withMonitors: true, ThisNode.For(config, spec.Pod, mountDir));
            undo.Push($"the reservation of image {spec.ImageSpec}, which ends by itself", () => images.GiveUp(spec));
            steps.Run($"write the tag to {mountDir}", () => _tags.Write(
                mountDir, HyperTag.Of(spec, image), spec, image.IsReserved ? image.Facts.ImageId : null));
            return true;
        });
    }

    /// <inheritdoc/>
    public void Unmount(string mountDir)
    {
        switch (KindOf(mountDir))
        {
            case FileKind.Missing:
                return;
            case FileKind.Directory:
                using (CallLock callLock = steps.Run($"lock {mountDir}", () => CallLock.Take(config.RunDir, mountDir, steps.Deadline)))
                {
                    _tags.SweepStages();
                    TagStore.State state = steps.Run($"take the tag away from {mountDir}", () => TagStore.End(mountDir));
                    GiveBack(mountDir, state);

                    // No step: it is done even if the call was told to stop meanwhile.
                    TagStore.Remove(mountDir, steps.Deadline);
                }

                return;
            default:
                throw NoDirectory(mountDir);
        }
    }

    /// <inheritdoc/>
    public void UnmountDevice(string deviceMountDir)
    {
        // See MountDevice.
    }

    /// <inheritdoc/>
    public void Detach(string volumeName, string? node)
    {
        // The VM closes the image when it ends.
    }

    /// <inheritdoc/>
    public ulong ExpandVolume(VolumeSpec spec, ulong newBytes) => images.Grow(spec, newBytes);

    /// <inheritdoc/>
    public void ExpandFileSystem(VolumeSpec spec, string device, string deviceMountDir) => throw new VolumeException(
        $"image {spec.ImageSpec}: its file system is mounted in the pod's VM, not on this node. Grow it there: resize2fs or xfs_growfs");

    // No VM finds the tag by now, but a call that is killed here leaves what the next one needs to give the image back. A
    // cluster that is down keeps no pod from ending: what can't be given back ends by itself.
    private void GiveBack(string mountDir, TagStore.State state)
    {
        if ((state.Tag ?? state.Ended) is not { } tag || VolumeRecord.TryParse(state.Record) is not { ReservedImageId: { } imageId } record)
        {
            return;
        }

        TimeSpan patience = steps.Deadline.Patience < config.ReleasePatience ? steps.Deadline.Patience : config.ReleasePatience;
        try
        {
            images.Release(tag.ToSpec(record.Cluster), imageId, ThisNode.For(config, record.Pod, mountDir), patience);
        }
        catch (VolumeException e)
        {
            steps.Warn($"the reservation was not given back, and ends by itself: {e.Message}");
        }
    }

    private bool StandsAlready(string mountDir, VolumeSpec spec)
    {
        TagStore.State state = TagStore.Look(mountDir);
        if (state.Tag is { } tag)
        {
            string? difference = tag.DifferenceFrom(spec, spec.User ?? config.User) ?? VolumeRecord.DifferenceFrom(state.Record, spec);
            return difference is null ? true : throw new VolumeException(
                $"{mountDir} already gives a pod another volume ({difference}): unmount it first (cephrbd unmount {mountDir})");
        }

        if (state.Others.Count > 0)
        {
            throw new VolumeException(
                $"{mountDir} is not empty ({string.Join(", ", state.Others.Take(5))}); a volume is not laid over somebody's files. Save and remove them");
        }

        // A tmpfs of ours without a whole tag: somebody took the tag away.
        TagStore.Remove(mountDir, steps.Deadline);
        return false;
    }

    private static void RequireDirectory(string mountDir)
    {
        if (KindOf(mountDir) != FileKind.Directory)
        {
            throw NoDirectory(mountDir);
        }
    }

    private static FileKind KindOf(string mountDir)
    {
        if (!mountDir.StartsWith('/'))
        {
            throw new VolumeException($"the mount dir \"{mountDir}\" is not an absolute path");
        }

        try
        {
            return Files.KindOf(Path.TrimEndingDirectorySeparator(mountDir));
        }
        catch (LinuxException e)
        {
            throw new VolumeException($"cannot look at {mountDir}: {e.Message}", e);
        }
    }

    private static VolumeException NoDirectory(string mountDir) => new(
        $"{mountDir} is not a directory (a symbolic link is not followed); kubelet makes it before it calls");
}
