using System.Buffers.Binary;
using System.Numerics;

namespace CephRbd.Driver.FileSystems;

/// <summary>The superblock of an XFS file system (<c>struct xfs_dsb</c>; big-endian).</summary>
internal sealed record XfsSuperblock
{
    private const int Length = 512;
    private const int MinBlockSize = 512;
    private const int MaxBlockSize = 65536;
    private const int NewestVersion = 5;

    /// <summary>The block size in bytes.</summary>
    public required uint BlockSize { get; init; }

    /// <summary>The number of blocks for data.</summary>
    public required ulong DataBlocks { get; init; }

    /// <summary>The UUID, in lower case with dashes.</summary>
    public required string Uuid { get; init; }

    /// <summary>The version of the format: 5 with checksums, 4 and less without.</summary>
    public required int Version { get; init; }

    /// <summary>Whether mkfs was not over when the superblock was written.</summary>
    public required bool InProgress { get; init; }

    /// <summary>The place in the log of the superblock's last change; 0 as long as only mkfs wrote it, and always before version 5.</summary>
    public required ulong Lsn { get; init; }

    /// <summary>
    /// True when a kernel has written the superblock, so that it was mounted; else null: it may be fresh, but the first mount
    /// writes its changes to the log alone at first, and the superblock half a minute later or at unmount. After a crash in
    /// this time the superblock is still mkfs's own.
    /// </summary>
    public required bool? WasMountedBefore { get; init; }

    /// <summary>The file system's size in bytes.</summary>
    public ulong SizeBytes => DataBlocks > ulong.MaxValue / BlockSize ? ulong.MaxValue : DataBlocks * BlockSize;

    /// <summary>Reads the superblock at the head of a device.</summary>
    /// <param name="head">The first bytes of the device, 512 at least.</param>
    /// <returns>The superblock, or null when there is none.</returns>
    public static XfsSuperblock? Parse(ReadOnlySpan<byte> head)
    {
        if (head.Length < Length || !head.StartsWith("XFSB"u8))
        {
            return null;
        }

        uint blockSize = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        int version = BinaryPrimitives.ReadUInt16BigEndian(head[100..]) & 0xF;
        if (blockSize is < MinBlockSize or > MaxBlockSize || !BitOperations.IsPow2(blockSize) || version is 0 or > NewestVersion)
        {
            return null;
        }

        ulong lsn = version == NewestVersion ? BinaryPrimitives.ReadUInt64BigEndian(head[240..]) : 0;

        // mkfs leaves 0 for "no inode" of user quotas; a kernel writes all ones.
        bool quotaInodeNull = BinaryPrimitives.ReadUInt64BigEndian(head[160..]) == ulong.MaxValue;
        return new XfsSuperblock
        {
            BlockSize = blockSize,
            DataBlocks = BinaryPrimitives.ReadUInt64BigEndian(head[8..]),
            Uuid = new Guid(head.Slice(32, 16), bigEndian: true).ToString(),
            Version = version,
            InProgress = head[126] != 0,
            Lsn = lsn,
            WasMountedBefore = lsn != 0 || quotaInodeNull ? true : null,
        };
    }
}
