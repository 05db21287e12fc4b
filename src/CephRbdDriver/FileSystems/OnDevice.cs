using CephRbd.Driver.Volumes;
using CephRbd.Native.Guard;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.FileSystems;

/// <summary>What the superblock on a device tells of its file system.</summary>
/// <param name="Type">ext2, ext3, ext4 or xfs: of others nothing is known here.</param>
/// <param name="Uuid">Its UUID, lower case.</param>
/// <param name="SizeBytes">How much of the device it uses.</param>
/// <param name="WasMountedBefore">Whether a kernel has had it mounted once; null where the superblock doesn't tell.</param>
/// <param name="IsClean">Whether its checker would find nothing to do; true where only a mount can tell.</param>
internal sealed record OnDevice(string Type, string Uuid, ulong SizeBytes, bool? WasMountedBefore, bool IsClean)
{
    private const int HeadBytes = 8192;

    /// <summary>Whether it is one of the ext family.</summary>
    public bool IsExt => Type.StartsWith("ext", StringComparison.Ordinal);

    /// <summary>Reads a device's head.</summary>
    /// <returns>Null when there is no ext or XFS superblock.</returns>
    /// <exception cref="VolumeException">The device can't be read.</exception>
    /// <exception cref="DeadlineException">The cluster does not answer its reads in time.</exception>
    public static OnDevice? Read(string devicePath, Deadline deadline)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        try
        {
            // A read that the cluster does not answer can't be broken off: a process of its own waits for it.
            int length = Detached.ReadHead(devicePath, head, deadline.Patience) ?? throw new DeadlineException(
                $"{devicePath} is mapped, but its first bytes could not be read in time. Check ceph -s: OSDs down or frozen, placement groups inactive");
            return Parse(head[..length]);
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw new VolumeException($"{devicePath} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads it off a device's first 8 KiB.</summary>
    internal static OnDevice? Parse(ReadOnlySpan<byte> head) =>
        ExtSuperblock.Parse(head) is { } ext
            ? new OnDevice(ext.Type, ext.Uuid, ext.SizeBytes, ext.WasMountedBefore, ext.IsClean(DateTimeOffset.UtcNow))
            : XfsSuperblock.Parse(head) is { InProgress: false } xfs
                ? new OnDevice("xfs", xfs.Uuid, xfs.SizeBytes, xfs.WasMountedBefore, IsClean: true)
                : null;
}
