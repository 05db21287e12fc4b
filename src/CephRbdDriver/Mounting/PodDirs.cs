using CephRbd.Driver.Config;
using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mounting;

/// <summary>The dirs that kubelet wants a volume in: what stands there, and how it gets there and away.</summary>
internal sealed class PodDirs(DriverConfig config, Mappers mappers, Steps steps)
{
    private readonly PrivatePlaces _places = new(config.RunDir);

    /// <summary>
    /// Whether the volume stands in the dir already. What lost its device is taken away first.
    /// </summary>
    /// <param name="dir">The dir; it exists.</param>
    /// <param name="spec">The volume.</param>
    /// <param name="identity">Its image.</param>
    /// <param name="readOnly">Whether it is wanted for reading only.</param>
    /// <param name="table">The mounts, read under the dir's lock; null to have them read.</param>
    /// <exception cref="VolumeException">Something else stands there: it is never mounted over.</exception>
    public bool Stands(string dir, VolumeSpec spec, ImageIdentity identity, bool readOnly, MountTable? table = null)
    {
        string canonical = Canonical(dir);
        for (table ??= MountTable.Read(); table.At(canonical).LastOrDefault() is { } mount; table = MountTable.Read())
        {
            if (!IsDeviceMount(mount))
            {
                throw Foreign(dir, mount);
            }

            MappedImage? device = mappers.Behind((uint)mount.Major, (uint)mount.Minor);
            if (device is null || MountTable.IsCorrupt(dir))
            {
                steps.Note($"{dir}: {mount.Source} has lost its image: unmounting it");
                Explained(dir, () => Mounts.Unmount(dir, lazy: true));
                continue;
            }

            if (device.Identity.Compare(identity) == Match.No)
            {
                throw new VolumeException($"{dir} already gives a pod another volume (image {device.Identity.ImageSpec}): unmount it first (cephrbd unmount {dir})");
            }

            return mount.IsReadOnly == readOnly
                ? true
                : throw new VolumeException(
                    $"{dir} already gives a pod image {spec.ImageSpec} {(mount.IsReadOnly ? "for reading only" : "for writing")}, which is not what is asked for now: unmount it first (cephrbd unmount {dir})");
        }

        string[] files = Explained(dir, () => Directory.EnumerateFileSystemEntries(dir).Select(path => Path.GetFileName(path)!).Take(5).ToArray());
        return files.Length == 0 ? false : throw new VolumeException(
            files.Contains("hyper-flexvolume.json")
                ? $"{dir} holds the tag of a volume for a VM (runtime hyper): unmount it first (cephrbd unmount {dir})"
                : $"{dir} is not empty ({string.Join(", ", files)}); a volume is not mounted over somebody's files. Save and remove them");
    }

    /// <summary>
    /// Makes the volume appear in the dir, with the mount's own options from the first moment on: whoever sees it
    /// sees it whole.
    /// </summary>
    /// <exception cref="VolumeException">It could not be done; nothing is left behind, or it is said.</exception>
    public void Give(string stage, string dir, MountOptions options) => steps.Run($"bind it to {dir}", () => Explained(dir, () =>
    {
        MountFlags flags = options.PerMount | (options.ReadOnly ? MountFlags.ReadOnly : 0);
        if (flags == 0)
        {
            DirInPlace.Bind(stage, dir);
            return true;
        }

        return UndoStack.Guard(undo =>
        {
            string place = _places.Make();
            undo.Push($"the folder {place}", () => Directory.Delete(place));
            Mounts.Bind(stage, place);
            undo.Push($"the mount at {place}", () => Mounts.Unmount(place, lazy: true));
            Mounts.RemountBind(place, flags);
            DirInPlace.Bind(place, dir);
            undo.Push($"the mount at {dir}", () => Mounts.Unmount(dir, lazy: true));
            Mounts.Unmount(place, lazy: true);
            Directory.Delete(place);
            return true;
        });
    }));

    /// <summary>Takes all images' mounts off the dir.</summary>
    /// <returns>What was mounted there: places of the same devices may be left.</returns>
    /// <exception cref="VolumeException">Something else is mounted there, or it is in use.</exception>
    public IReadOnlyList<(uint Major, uint Minor)> TakeBack(string dir)
    {
        var devices = new List<(uint, uint)>();
        string canonical = Canonical(dir);
        for (MountTable table = MountTable.Read(); table.At(canonical).LastOrDefault() is { } mount; table = MountTable.Read())
        {
            if (!IsDeviceMount(mount))
            {
                throw Foreign(dir, mount);
            }

            (uint major, uint minor) = ((uint)mount.Major, (uint)mount.Minor);
            Unmounting.Unmount(dir, major, minor, mappers.Behind(major, minor), last: table.Of(major, minor).Count() == 1, steps);
            devices.Add((major, minor));
        }

        return devices;
    }

    /// <summary>Whether an image's file system is mounted on the dir; not if there is no such dir.</summary>
    public static bool HasDeviceMount(string dir) => Explained(dir, () =>
    {
        try
        {
            return MountTable.Read().At(MountTable.Canonical(dir)).LastOrDefault() is { } mount && IsDeviceMount(mount);
        }
        catch (LinuxException e) when (e.Errno is Errno.NoEntry or Errno.NotDirectory)
        {
            // What led to it is gone as well.
            return false;
        }
    });

    /// <summary>Clears away what killed calls left half bound. What can't be cleared away now is in nobody's way.</summary>
    public void Sweep()
    {
        try
        {
            _places.Sweep();
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            steps.Note($"what a killed call left in {config.RunDir} can't be cleared away now: {e.Message}");
        }
    }

    /// <summary>Makes a dir that kubelet has not made.</summary>
    /// <exception cref="VolumeException">It can't be made.</exception>
    public static void Make(string dir) => Explained(dir, () => Directory.CreateDirectory(dir));

    private static bool IsDeviceMount(MountEntry mount) =>
        Mappers.IsOurs(mount.Source) && !Mappers.IsAnothers((uint)mount.Major, (uint)mount.Minor);

    /// <summary>The refusal to touch what somebody else has mounted.</summary>
    internal static VolumeException Foreign(string dir, MountEntry mount) => new(
        mount.IsTag
            ? $"{dir} holds the tag of a volume for a VM (runtime hyper): unmount it first (cephrbd unmount {dir})"
            : $"{dir}: a {mount.FsType} from {mount.Source} is mounted there, and not by this driver; it is left alone. Unmount it if it is a leftover: umount {dir}");

    private static string Canonical(string dir) => Explained(dir, () => MountTable.Canonical(dir));

    private static void Explained(string place, Action body) => Explained(place, () =>
    {
        body();
        return true;
    });

    private static T Explained<T>(string dir, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            string hint = e is LinuxException { Errno: Errno.NotPermitted or Errno.Access } ? ". The driver must run as root with the right to mount" : "";
            throw new VolumeException($"{dir}: {e.Message}{hint}", e);
        }
    }
}
