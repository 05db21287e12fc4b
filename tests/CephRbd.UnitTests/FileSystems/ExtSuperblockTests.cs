using System.Buffers.Binary;
using CephRbd.Driver.FileSystems;

namespace CephRbd.UnitTests.FileSystems;

public class ExtSuperblockTests
{
    private const long Size = 64L << 20;
    private const string Uuid = "6a0c9a6c-6b2f-4a3b-9c59-0a2f6f6f0b1e";

    [Theory]
    [InlineData("mkfs.ext2", "ext2")]
    [InlineData("mkfs.ext3", "ext3")]
    [InlineData("mkfs.ext4", "ext4")]
    [InlineData("mkfs.ext4", "ext4", "-O", "^has_journal")]
    [InlineData("mkfs.ext4", "ext4", "-O", "^metadata_csum,^64bit")]
    [InlineData("mkfs.ext4", "ext2", "-O", "none")]
    [InlineData("mkfs.ext2", "jbd", "-O", "journal_dev")]
    public void The_type_is_what_libblkid_says(string tool, string type, params string[] options)
    {
        using FsImage image = new(Size, tool, ["-q", "-F", "-U", Uuid, .. options]);
        (_, string blkid) = FsImage.Run("blkid", "-p", "-o", "value", "-s", "TYPE", image.Path);
        ExtSuperblock block = ExtSuperblock.Parse(image.Head)!;
        Assert.Equal(type, block.Type);
        Assert.Equal(type, blkid.Trim());
        Assert.Equal(Uuid, block.Uuid);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2048)]
    [InlineData(4096)]
    public void The_size_is_in_blocks(int blockSize)
    {
        using FsImage image = new(Size, "mkfs.ext4", "-q", "-F", "-b", $"{blockSize}");
        ExtSuperblock block = ExtSuperblock.Parse(image.Head)!;
        Assert.Equal(((uint)blockSize, (ulong)(Size / blockSize), (ulong)Size), (block.BlockSize, block.BlockCount, block.SizeBytes));
        Assert.Equal(8U, block.JournalInode);
    }

    [Fact]
    public void More_than_four_billion_blocks_take_64_bits()
    {
        byte[] head = Minimal();
        head[1024 + 0x18] = 2;
        head[1024 + 0x4] = 3;
        head[1024 + 0x150] = 1;
        Assert.Equal(3UL * 4096, ExtSuperblock.Parse(head)!.SizeBytes);
        head[1024 + 0x60] = 0x80;
        Assert.Equal((16UL << 40) + (3 * 4096), ExtSuperblock.Parse(head)!.SizeBytes);
    }

    [Theory]
    [InlineData("mkfs.ext4")]
    [InlineData("mkfs.ext3")]
    [InlineData("mkfs.ext2")]
    public void A_new_file_system_is_clean_and_was_never_mounted(string tool)
    {
        using FsImage image = new(Size, tool, "-q", "-F");
        ExtSuperblock block = ExtSuperblock.Parse(image.Head)!;
        Assert.True(block.IsClean(DateTimeOffset.UtcNow));
        Assert.False(block.WasMountedBefore);
        Assert.Equal((1, 0L, 0, 0U, 0U), (block.State, block.MountTime, block.MountCount, block.LastOrphan, block.ErrorCount));
        Assert.InRange(block.LastCheck, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 600, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    /// <summary>What a kernel leaves: ext4 writes the time, ext2 the count alone.</summary>
    [Theory]
    [InlineData("mkfs.ext4", "mtime 20240101000000")]
    [InlineData("mkfs.ext2", "mnt_count 1")]
    public void A_mount_leaves_its_trace(string tool, string edit)
    {
        using FsImage image = new(Size, tool, "-q", "-F");
        image.Edit(edit);
        ExtSuperblock block = ExtSuperblock.Parse(image.Head)!;
        Assert.True(block.WasMountedBefore);
        Assert.True(block.IsClean(DateTimeOffset.UtcNow));
    }

    [Theory]
    [InlineData(true, "max_mnt_count 3", "mnt_count 2")]
    [InlineData(false, "max_mnt_count 3", "mnt_count 3")]
    [InlineData(false, "max_mnt_count 3", "mnt_count 4")]
    [InlineData(true, "max_mnt_count 0", "mnt_count 4")]
    [InlineData(true, "max_mnt_count -1", "mnt_count 60000")]
    [InlineData(false, "state 0")]
    [InlineData(false, "state 2")]
    [InlineData(false, "state 3")]
    [InlineData(false, "state 5")]
    [InlineData(false, "feature needs_recovery")]
    [InlineData(false, "last_orphan 12")]
    [InlineData(false, "error_count 1")]
    [InlineData(true, "checkinterval 4000000000", "lastcheck 20260101000000")]
    [InlineData(false, "checkinterval 86400", "lastcheck 20260101000000")]
    [InlineData(false, "checkinterval 86400", "lastcheck 20330101000000")]
    [InlineData(true, "checkinterval 0", "lastcheck 20000101000000")]
    [InlineData(true, "lastcheck 20330101000000")]
    [InlineData(false, "mtime 20330101000000")]
    public void Clean_is_what_e2fsck_would_leave_alone(bool clean, params string[] edits)
    {
        using FsImage image = new(Size, "mkfs.ext4", "-q", "-F");
        foreach (string edit in edits)
        {
            image.Edit(edit);
        }

        ExtSuperblock block = ExtSuperblock.Parse(image.Head)!;
        Assert.Equal(clean, block.IsClean(DateTimeOffset.UtcNow));
        if (clean)
        {
            (int status, string output) = FsImage.Run("e2fsck", "-p", image.Path);
            Assert.Equal(0, status);
            string line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.StartsWith($"{image.Path}: clean, ", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_superblock_of_which_a_bit_is_wrong_is_not_clean()
    {
        using FsImage image = new(Size, "mkfs.ext4", "-q", "-F");
        byte[] head = image.Head;
        head[1024 + 0x78] ^= 1;
        ExtSuperblock block = ExtSuperblock.Parse(head)!;
        Assert.False(block.ChecksumValid);
        Assert.False(block.IsClean(DateTimeOffset.UtcNow));
    }

    [Fact]
    public void Orphans_in_a_file_of_their_own_are_seen()
    {
        byte[] head = Minimal();
        Assert.True(ExtSuperblock.Parse(head)!.IsClean(DateTimeOffset.UtcNow));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(1024 + 0x64), 0x10000);
        Assert.False(ExtSuperblock.Parse(head)!.IsClean(DateTimeOffset.UtcNow));
    }

    [Fact]
    public void A_last_write_in_the_future_is_not_clean()
    {
        byte[] head = Minimal();
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(1024 + 0x30), 1_000_000_000);
        ExtSuperblock block = ExtSuperblock.Parse(head)!;
        Assert.False(block.IsClean(DateTimeOffset.FromUnixTimeSeconds(1_000_000_000 - 86_401)));
        Assert.True(block.IsClean(DateTimeOffset.FromUnixTimeSeconds(1_000_000_000 - 86_400)));
    }

    [Fact]
    public void Times_have_forty_bits()
    {
        byte[] head = Minimal();
        head[1024 + 0x275] = 1;
        Assert.Equal(1L << 32, ExtSuperblock.Parse(head)!.MountTime);
        Assert.False(ExtSuperblock.Parse(head)!.IsClean(DateTimeOffset.UtcNow));
        Assert.True(ExtSuperblock.Parse(head)!.IsClean(DateTimeOffset.FromUnixTimeSeconds(1L << 32)));
    }

    [Fact]
    public void A_size_that_no_number_holds_is_the_largest_one()
    {
        byte[] head = Minimal();
        head.AsSpan(1024 + 0x4, 4).Fill(0xFF);
        head.AsSpan(1024 + 0x150, 4).Fill(0xFF);
        Assert.Equal((ulong)uint.MaxValue * 1024, ExtSuperblock.Parse(head)!.SizeBytes);
        head[1024 + 0x60] = 0x80;
        Assert.Equal(ulong.MaxValue, ExtSuperblock.Parse(head)!.SizeBytes);
    }

    [Fact]
    public void Anything_else_is_none()
    {
        Assert.Null(ExtSuperblock.Parse([]));
        Assert.Null(ExtSuperblock.Parse(new byte[4096]));
        Assert.Null(ExtSuperblock.Parse(Minimal().AsSpan(0, 2047)));
        Assert.NotNull(ExtSuperblock.Parse(Minimal().AsSpan(0, 2048)));
        byte[] head = Minimal();
        head[1024 + 0x18] = 7;
        Assert.Null(ExtSuperblock.Parse(head));
    }

    [Fact]
    public void Random_bytes_never_fail()
    {
        Random random = new(1);
        byte[] head = new byte[4096];
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(head);
            head[1024 + 0x38] = 0x53;
            head[1024 + 0x39] = 0xEF;
            BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(1024 + 0x18), (uint)(i % 8));
            ExtSuperblock? block = ExtSuperblock.Parse(head);
            Assert.Equal(i % 8 == 7, block is null);
            Assert.False(block?.IsClean(DateTimeOffset.UtcNow) ?? false);
            Assert.NotEqual("", block?.Type);
        }
    }

    private static byte[] Minimal()
    {
        byte[] head = new byte[4096];
        head[1024 + 0x38] = 0x53;
        head[1024 + 0x39] = 0xEF;
        head[1024 + 0x3A] = 1;
        return head;
    }
}
