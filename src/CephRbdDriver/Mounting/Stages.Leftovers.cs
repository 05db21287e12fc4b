using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mounting;

/// <summary>What calls that were killed or had to end left at their stages.</summary>
internal sealed partial class Stages
{
    /// <summary>
    /// Finishes what calls that were killed left: stages that no pod uses. What cannot be finished now is left for the
    /// next call. Costs one look at the folder when there is nothing.
    /// </summary>
    /// <param name="except">The stage this call is about.</param>
    /// <param name="table">The mounts as they were a moment ago: what looks unused is looked at again under its lock.</param>
    public void Sweep(string? except = null, MountTable? table = null)
    {
        if (!Directory.Exists(Root))
        {
            return;
        }

        string root = CanonicalRoot();
        TimeSpan began = steps.Deadline.Elapsed;
        foreach (string place in Explained(Root, () => Directory.GetDirectories(Root)))
        {
            string name = Path.GetFileName(place);
            table ??= MountTable.Read();
            if (name == except || !StageName.IsOne(name) || HasPods(table, Path.Combine(root, name)))
            {
                continue;
            }

            using CallLock? alone = Explained(place, () => CallLock.TryTake(config.RunDir, LockName(name)));
            if (alone is null)
            {
                continue;
            }

            try
            {
                Release(name, _sweepLimit);
                steps.Note($"finished what a killed call left of {name}");
            }
            catch (VolumeException e)
            {
                steps.Note($"{name} can't be finished now: {e.Message}");
            }

            // A cluster that does not answer shall not cost every other volume's calls their time.
            if (steps.Deadline.Elapsed - began > _sweepLimit)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Waits for an earlier call's mount: one that was killed, or had to end before the kernel was done, left it to the
    /// kernel, and the device can neither be checked nor mounted meanwhile.
    /// </summary>
    /// <param name="spec">The volume.</param>
    /// <param name="stands">Whether the volume stands where that call was to mount it.</param>
    /// <returns>Whether it stands there now; if not, the device is free, or mounted elsewhere, or not mapped.</returns>
    /// <exception cref="VolumeException">The device stays in use; says by whom.</exception>
    public bool ComesToStand(VolumeSpec spec, Func<bool> stands)
    {
        if (attacher.FindMapped(spec) is not { } device)
        {
            return false;
        }

        for (TimeSpan began = steps.Deadline.Elapsed; !Explained(device.DevicePath, () => DeviceNodes.IsFree(device.DevicePath)); steps.Deadline.Token.WaitHandle.WaitOne(_pause))
        {
            // Read first: what comes in between stands by then.
            bool isMounted = MountTable.Read().Of(device.Major, device.Minor).Any();
            if (stands())
            {
                return true;
            }

            if (isMounted)
            {
                return false;
            }

            if (steps.Deadline.Elapsed - began > _lateMount || steps.Deadline.Patience == TimeSpan.Zero)
            {
                throw new VolumeException(
                    $"image {spec.ImageSpec}: {device.DevicePath} is in use: {Holders.Describe(device.Major, device.Minor, device.Name)}. An earlier call's mount may still be under way; the call succeeds when that has come to its end");
            }
        }

        return stands();
    }

    private static bool HasPods(MountTable table, string place) =>
        table.At(place).LastOrDefault() is { } stage
        && table.Of((uint)stage.Major, (uint)stage.Minor).Any(other => other.MountPoint != place);

    // A mapping whose call was killed before it was mounted.
    private MappedImage[] Orphan(string name) =>
        StageName.TryParse(name, out string? cluster, out ImageIdentity? image)
            ? [.. attacher.Candidates(image with { ClusterFsid = attacher.FsidOf(cluster) }).Take(1)]
            : [];

    // A call that had to end may have left a map to the kernel that came to its end when the next had made another.
    private MappedImage[] AllOf(MappedImage device) =>
        [device, .. attacher.Candidates(device.Identity).Where(other => other.Id != device.Id && other.Identity.Compare(device.Identity) == Match.Yes)];

    private bool Serves(MappedImage device, string name) =>
        !StageName.TryParse(name, out string? cluster, out ImageIdentity? image)
        || device.Identity.Compare(image! with { ClusterFsid = attacher.FsidOf(cluster) }) != Match.No;
}
