using System.Buffers.Binary;
using System.Numerics;

namespace CephRbd.Driver.FileSystems;

/// <summary>The superblock of an ext2, ext3 or ext4 file system (<c>struct ext4_super_block</c>; little-endian).</summary>
internal sealed record ExtSuperblock
{
    private const int Offset = 1024;
    private const int Length = 1024;
    private const ushort Magic = 0xEF53;

    private const ushort Valid = 1;
    private const uint HasJournal = 0x4;
    private const uint NeedsRecovery = 0x4;
    private const uint JournalDevice = 0x8;
    private const uint SixtyFourBit = 0x80;
    private const uint MetadataChecksums = 0x400;
    private const uint OrphanPresent = 0x10000;

    // What ext2 and ext3 know: filetype, meta_bg and (ext3) needs_recovery; sparse_super, large_file, btree_dir.
    private const uint Ext2Incompat = 0x2 | 0x10;
    private const uint Ext3Incompat = Ext2Incompat | NeedsRecovery;
    private const uint Ext3RoCompat = 0x7;

    // e2fsck lets a node's clock be wrong by as much, for its clock may have been taken for local time.
    private const long ClockSlackSeconds = 24 * 60 * 60;

    /// <summary>The block size in bytes.</summary>
    public required uint BlockSize { get; init; }

    /// <summary>The number of blocks.</summary>
    public required ulong BlockCount { get; init; }

    /// <summary>The UUID, in lower case with dashes.</summary>
    public required string Uuid { get; init; }

    /// <summary>The state: 1 unmounted cleanly, 2 errors seen, 4 orphans being recovered.</summary>
    public required ushort State { get; init; }

    /// <summary>The features that do no harm to those who don't know them.</summary>
    public required uint CompatFeatures { get; init; }

    /// <summary>The features without which nobody may mount.</summary>
    public required uint IncompatFeatures { get; init; }

    /// <summary>The features without which nobody may write.</summary>
    public required uint RoCompatFeatures { get; init; }

    /// <summary>How often it was mounted for writing since the last check.</summary>
    public required ushort MountCount { get; init; }

    /// <summary>After how many mounts it is to be checked; 0 or less for never.</summary>
    public required short MaxMountCount { get; init; }

    /// <summary>When it was checked last, in seconds since 1970.</summary>
    public required long LastCheck { get; init; }

    /// <summary>After how many seconds it is to be checked; 0 for never.</summary>
    public required uint CheckIntervalSeconds { get; init; }

    /// <summary>When it was mounted last, in seconds since 1970; 0 for never, and always in ext2.</summary>
    public required long MountTime { get; init; }

    /// <summary>When it was written last, in seconds since 1970.</summary>
    public required long WriteTime { get; init; }

    /// <summary>The first inode of the list of files that are deleted but not freed yet; 0 for none.</summary>
    public required uint LastOrphan { get; init; }

    /// <summary>How many errors the kernel saw since the last check.</summary>
    public required uint ErrorCount { get; init; }

    /// <summary>The inode of the journal; 0 without one.</summary>
    public required uint JournalInode { get; init; }

    /// <summary>Whether the superblock's checksum is right; true where it has none.</summary>
    public required bool ChecksumValid { get; init; }

    /// <summary>The file system's size in bytes.</summary>
    public ulong SizeBytes => BlockCount > ulong.MaxValue / BlockSize ? ulong.MaxValue : BlockCount * BlockSize;

    /// <summary>Whether it was mounted for writing since it was made. A mount for reading leaves no trace.</summary>
    public bool WasMountedBefore => MountTime != 0 || MountCount != 0;

    /// <summary>The type as libblkid tells it: <c>ext2</c>, <c>ext3</c>, <c>ext4</c>, or <c>jbd</c> for the journal of another device.</summary>
    public string Type
    {
        get
        {
            if ((IncompatFeatures & JournalDevice) != 0)
            {
                return "jbd";
            }

            if ((RoCompatFeatures & ~Ext3RoCompat) != 0 || (IncompatFeatures & ~Ext3Incompat) != 0)
            {
                return "ext4";
            }

            return (CompatFeatures & HasJournal) != 0 ? "ext3" : "ext2";
        }
    }

    /// <summary>Reads the superblock at the head of a device.</summary>
    /// <param name="head">The first bytes of the device, 2048 at least.</param>
    /// <returns>The superblock, or null when there is none.</returns>
    public static ExtSuperblock? Parse(ReadOnlySpan<byte> head)
    {
        const int MaxLogBlockSize = 6;
        if (head.Length < Offset + Length)
        {
            return null;
        }

        ReadOnlySpan<byte> block = head.Slice(Offset, Length);
        uint logBlockSize = U32(block, 0x18);
        if (U16(block, 0x38) != Magic || logBlockSize > MaxLogBlockSize)
        {
            return null;
        }

        uint incompat = U32(block, 0x60);
        uint roCompat = U32(block, 0x64);
        return new ExtSuperblock
        {
            BlockSize = 1024U << (int)logBlockSize,
            BlockCount = U32(block, 0x4) | ((incompat & SixtyFourBit) != 0 ? (ulong)U32(block, 0x150) << 32 : 0),
            Uuid = new Guid(block.Slice(0x68, 16), bigEndian: true).ToString(),
            State = U16(block, 0x3A),
            CompatFeatures = U32(block, 0x5C),
            IncompatFeatures = incompat,
            RoCompatFeatures = roCompat,
            MountCount = U16(block, 0x34),
            MaxMountCount = (short)U16(block, 0x36),
            LastCheck = Time(block, 0x40, 0x277),
            CheckIntervalSeconds = U32(block, 0x44),
            MountTime = Time(block, 0x2C, 0x275),
            WriteTime = Time(block, 0x30, 0x274),
            LastOrphan = U32(block, 0xE8),
            ErrorCount = U32(block, 0x194),
            JournalInode = U32(block, 0xE0),
            ChecksumValid = (roCompat & MetadataChecksums) == 0 || Checksum(block[..0x3FC]) == U32(block, 0x3FC),
        };
    }

    /// <summary>Says whether <c>e2fsck -p</c> would find nothing to do, as far as the superblock tells.</summary>
    /// <param name="now">The time.</param>
    /// <returns>False in doubt.</returns>
    public bool IsClean(DateTimeOffset now)
    {
        long seconds = now.ToUnixTimeSeconds();
        bool unmountedCleanly = State == Valid && (IncompatFeatures & (NeedsRecovery | JournalDevice)) == 0;
        bool nothingLeftBehind = LastOrphan == 0 && (RoCompatFeatures & OrphanPresent) == 0 && ErrorCount == 0;
        bool mountsLeft = MaxMountCount <= 0 || MountCount < MaxMountCount;
        bool timeLeft = CheckIntervalSeconds == 0 || (LastCheck <= seconds && seconds - LastCheck < CheckIntervalSeconds);

        // e2fsck sets right a time in the future, without a full check.
        bool timesSane = MountTime <= seconds + ClockSlackSeconds && WriteTime <= seconds + ClockSlackSeconds;
        return unmountedCleanly && nothingLeftBehind && mountsLeft && timeLeft && timesSane && ChecksumValid;
    }

    private static ushort U16(ReadOnlySpan<byte> block, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(block[offset..]);

    private static uint U32(ReadOnlySpan<byte> block, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(block[offset..]);

    // 40 bits: the upper ones came later, in a byte that was zero before.
    private static long Time(ReadOnlySpan<byte> block, int low, int high) => U32(block, low) | ((long)block[high] << 32);

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
