using CephRbd.Driver.Config;
using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mounting;

/// <summary>
/// The one mount of each image on this node, in a folder below the staging dir that is named by the image. The folder
/// is made before anything else and removed after all else: as long as it is there, something may have to be taken
/// back, and its name says of which image. All other state is the kernel's.
/// </summary>
internal sealed partial class Stages(DriverConfig config, Mappers mappers, ImageAttacher attacher, AttachRecords records, Steps steps)
{
    private const uint OwnerOnly = 0x1C0; // 0700
    private static readonly TimeSpan _lateMount = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _sweepLimit = TimeSpan.FromSeconds(1);

    /// <summary>The stage's place of an image.</summary>
    public string PlaceOf(VolumeSpec spec) => Path.Combine(Root, NameOf(spec));

    /// <summary>The stage's name of an image.</summary>
    public string NameOf(VolumeSpec spec) => StageName.Of(spec.Cluster, attacher.IdentityOf(spec));

    /// <summary>The name of the stage that a device is mounted at; null when it is at none.</summary>
    public string? NameOf(uint major, uint minor)
    {
        if (!Directory.Exists(Root))
        {
            return null;
        }

        string root = CanonicalRoot();
        return MountTable.Read().Of(major, minor)
            .Where(mount => Path.GetDirectoryName(mount.MountPoint) == root)
            .Select(mount => Path.GetFileName(mount.MountPoint))
            .FirstOrDefault();
    }

    /// <summary>One call at a time for one image of this node.</summary>
    /// <exception cref="DeadlineException">The other call did not end in time.</exception>
    public CallLock Lock(string name) => steps.Run(
        $"lock the image on this node", () => CallLock.Take(config.RunDir, LockName(name), steps.Deadline), "another cephrbd call for the same image: ps -C cephrbd");

    /// <summary>Whether another call is about this image right now.</summary>
    /// <exception cref="LinuxException">The lock file cannot be used.</exception>
    /// <exception cref="IOException">Its folder cannot be made.</exception>
    public static bool IsBusy(DriverConfig config, string name)
    {
        using CallLock? alone = CallLock.TryTake(config.RunDir, LockName(name));
        return alone is null;
    }

    private string Root => config.StagingDir;

    /// <summary>
    /// The image's file system is mounted at its stage, for writing unless a read-only volume is all that is asked
    /// for. The caller holds the image's lock.
    /// </summary>
    /// <returns>The stage's place.</returns>
    /// <exception cref="VolumeException">It could not be done; what was begun is taken back.</exception>
    public string Ensure(VolumeSpec spec, MountOptions options)
    {
        string place = PlaceOf(spec);
        if (Standing(place, spec, options) || (IsThere(place) && ComesToStand(spec, () => Standing(place, spec, options))))
        {
            return place;
        }

        return UndoStack.Guard(undo =>
        {
            Explained(place, () =>
            {
                PrivateFolder.Make(Root);
                Files.MakeDirectory(place, OwnerOnly);
            });
            bool open = false;
            undo.Push($"the folder {place}", () =>
            {
                // As long as something of the image may come or stay, the folder does: it makes the next call look.
                if (!open && !attacher.Candidates(attacher.IdentityOf(spec)).Any())
                {
                    Files.RemoveDirectory(place);
                }
            });
            try
            {
                Mount(attacher.Attach(spec, undo), place, spec, options);
            }
            catch (DeadlineException)
            {
                open = true;
                throw;
            }
            catch (VolumeException e) when (MountTable.Read().At(Canonical(place)).Any())
            {
                steps.Note($"an earlier call's mount came to its end meanwhile: {e.Message}");
            }

            return place;
        });
    }

    /// <summary>Mounts a mapped image's file system.</summary>
    /// <exception cref="VolumeException">It cannot be mounted; nothing is mounted then.</exception>
    public void Mount(AttachedImage image, string place, VolumeSpec spec, MountOptions options)
    {
        MappedImage device = image.Device;
        new DeviceMounter(steps).Mount(
            new Disk(device.DevicePath, device.Name, device.SizeBytes, spec.ImageSpec, image.IsMounted), image.Found, place, spec.FsType,
            options with { ReadOnly = options.ReadOnly || device.ReadOnly });
    }

    /// <summary>Takes a stage down if no pod uses it any more, and unmaps its image. The caller holds the image's lock.</summary>
    /// <param name="name">The stage's name.</param>
    /// <param name="limit">How long the cluster is waited for at most; null for as long as the call has.</param>
    /// <exception cref="VolumeException">Something keeps it; says what.</exception>
    public void Release(string name, TimeSpan? limit = null)
    {
        string place = Path.Combine(Root, name);
        if (!IsThere(place))
        {
            return;
        }

        string canonical = Canonical(place);
        MappedImage? device = null;
        for (MountTable table = MountTable.Read(); table.At(canonical).LastOrDefault() is { } mount; table = MountTable.Read())
        {
            RequireOurs(place, mount);
            device = mappers.Behind((uint)mount.Major, (uint)mount.Minor);
            if (table.Of((uint)mount.Major, (uint)mount.Minor).Any(other => other.MountPoint != canonical))
            {
                return;
            }

            Unmounting.Unmount(place, (uint)mount.Major, (uint)mount.Minor, device, last: true, steps, limit);
        }

        MappedImage? unmapped = null;

        // Numbers are used again: a device that was unmapped by force may be another image's by now.
        foreach (MappedImage mapped in device is not null && Serves(device, name) ? AllOf(device) : Orphan(name))
        {
            if (!records.Keep(mapped.Identity) && !MountTable.Read().Of(mapped.Major, mapped.Minor).Any())
            {
                mappers.Unmap(mapped);
                unmapped = mapped;
            }
        }

        Explained(place, () => Files.RemoveDirectory(place));
        if (unmapped is not null)
        {
            attacher.GiveBack(StageName.TryParse(name, out string? cluster, out _) ? cluster : null, unmapped, limit);
        }
    }

    private static void RequireOurs(string place, MountEntry mount)
    {
        if (!Mappers.IsOurs(mount.Source) || Mappers.IsAnothers((uint)mount.Major, (uint)mount.Minor))
        {
            throw PodDirs.Foreign(place, mount);
        }
    }

    // Whether what is mounted at the stage serves this volume; what doesn't is taken away, if nobody uses it.
    private bool Standing(string place, VolumeSpec spec, MountOptions options)
    {
        if (!IsThere(place))
        {
            return false;
        }

        string canonical = Canonical(place);
        MountTable table = MountTable.Read();
        if (table.At(canonical).LastOrDefault() is not { } mount)
        {
            return false;
        }

        RequireOurs(place, mount);
        (uint major, uint minor) = ((uint)mount.Major, (uint)mount.Minor);
        MountEntry[] pods = [.. table.Of(major, minor).Where(other => other.MountPoint != canonical)];
        MappedImage? device = mappers.Behind(major, minor);
        bool alive = device is not null && device.Identity.Compare(attacher.IdentityOf(spec)) != Match.No && !MountTable.IsCorrupt(place);
        bool writable = device is { ReadOnly: false } && !mount.IsReadOnly;
        if (alive && mount.FsType != spec.FsType)
        {
            throw new VolumeException($"image {spec.ImageSpec} is mounted on this node as {mount.FsType}, but {spec.FsType} is asked for. Correct fsType");
        }

        if (alive && (writable || options.ReadOnly))
        {
            attacher.RequireAccess(spec);
            steps.Note($"{mount.Source} is mounted at its stage already");
            return true;
        }

        if (alive && pods.Length > 0)
        {
            throw new VolumeException(
                $"image {spec.ImageSpec} is mounted read-only on this node ({string.Join(", ", pods.Take(3).Select(pod => pod.MountPoint))}), so it cannot be given to a pod for writing. Wait until those pods are gone, or run this one on another node");
        }

        if (alive)
        {
            Release(Path.GetFileName(place));
            return false;
        }

        // Its device is gone or answers with errors: whatever pods still have it can only fail.
        steps.Note($"what is mounted at {place} has lost its device: unmounting it");
        Explained(place, () => Mounts.Unmount(place, lazy: true));
        return false;
    }

    private string CanonicalRoot() => Path.GetDirectoryName(Canonical(Path.Combine(Root, "any")))!;

    private static string LockName(string name) => "/image/" + name;

    // What answers with an error is there all the same.
    private static bool IsThere(string place)
    {
        try
        {
            return Files.KindOf(place) != FileKind.Missing;
        }
        catch (LinuxException)
        {
            return true;
        }
    }

    private static string Canonical(string place) => Explained(place, () => MountTable.Canonical(place));

    private static void Explained(string place, Action body) => Explained(place, () =>
    {
        body();
        return true;
    });

    private static T Explained<T>(string place, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw new VolumeException($"{place}: {e.Message}. Check stagingDir and runDir in the config, and that the driver runs as root", e);
        }
    }
}
