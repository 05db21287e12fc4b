using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.FileSystems;

/// <summary>Looks for a mounted XFS that has the UUID of another: the kernel mounts no two of one UUID unless told.</summary>
internal static class Twins
{
    /// <summary>The device of a mounted XFS with this UUID; null when there is none.</summary>
    public static string? Of(string uuid, Disk disk, Deadline deadline) =>
        MountTable.Read().Entries
            .Where(mount => mount.FsType == "xfs" && mount.Source != disk.Path)
            .Select(mount => mount.Source)
            .Distinct()
            .FirstOrDefault(source => UuidOf(source, deadline) == uuid);

    private static string? UuidOf(string device, Deadline deadline)
    {
        try
        {
            return OnDevice.Read(device, deadline)?.Uuid;
        }
        catch (VolumeException)
        {
            // A device we may not read is no reason to fail: then it is not known as a twin.
            return null;
        }
    }
}
