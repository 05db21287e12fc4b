using CephRbd.Driver.FileSystems;

namespace CephRbd.UnitTests.FileSystems;

public class XfsSuperblockTests
{
    private const long Size = 320L << 20;
    private const string Uuid = "6a0c9a6c-6b2f-4a3b-9c59-0a2f6f6f0b1e";

    [Theory]
    [InlineData(5, "-m", "crc=1")]
    [InlineData(4, "-m", "crc=0")]
    public void A_new_file_system_says_nothing_about_mounts(int version, string option, string value)
    {
        // Version 4 has its UUID from mkfs alone: -m uuid= would bring back checksums.
        string[] uuid = version == 5 ? ["-m", $"uuid={Uuid}"] : [];
        using FsImage image = new(Size, "mkfs.xfs", ["-q", "-f", "-K", option, value, .. uuid]);
        XfsSuperblock block = XfsSuperblock.Parse(image.Head)!;
        Assert.Equal((version, 4096U, (ulong)Size / 4096, (ulong)Size), (block.Version, block.BlockSize, block.DataBlocks, block.SizeBytes));
        Assert.Equal((false, 0UL, null), (block.InProgress, block.Lsn, block.WasMountedBefore));
        (_, string blkid) = FsImage.Run("blkid", "-p", "-o", "value", "-s", "UUID", image.Path);
        Assert.Equal(blkid.Trim(), block.Uuid);
        Assert.True(version == 4 || block.Uuid == Uuid);
    }

    /// <summary>What Linux 6.1 changed in the superblock by the first mount, seen after the unmount: no others of these fields.</summary>
    [Theory]
    [InlineData("crc=1")]
    [InlineData("crc=0")]
    public void A_kernel_writes_null_for_the_inodes_of_quotas(string version)
    {
        using FsImage image = new(Size, "mkfs.xfs", "-q", "-f", "-K", "-m", version);
        byte[] head = image.Head;
        head.AsSpan(160, 16).Fill(0xFF);
        Assert.True(XfsSuperblock.Parse(head)!.WasMountedBefore);
    }

    [Fact]
    public void A_place_in_the_log_is_written_by_a_kernel_only()
    {
        using FsImage image = new(Size, "mkfs.xfs", "-q", "-f", "-K");
        byte[] head = image.Head;
        head[243] = 1;
        head[247] = 2;
        XfsSuperblock block = XfsSuperblock.Parse(head)!;
        Assert.Equal((0x1_0000_0002UL, true), (block.Lsn, block.WasMountedBefore));
    }

    [Fact]
    public void Version_4_has_no_place_in_the_log()
    {
        using FsImage image = new(Size, "mkfs.xfs", "-q", "-f", "-K", "-m", "crc=0");
        byte[] head = image.Head;
        head[247] = 2;
        Assert.Equal((0UL, null), (XfsSuperblock.Parse(head)!.Lsn, XfsSuperblock.Parse(head)!.WasMountedBefore));
    }

    [Fact]
    public void A_mkfs_that_was_not_over_is_seen()
    {
        byte[] head = Minimal();
        Assert.False(XfsSuperblock.Parse(head)!.InProgress);
        head[126] = 1;
        Assert.True(XfsSuperblock.Parse(head)!.InProgress);
    }

    [Fact]
    public void A_size_that_no_number_holds_is_the_largest_one()
    {
        byte[] head = Minimal();
        head.AsSpan(8, 8).Fill(0xFF);
        Assert.Equal(ulong.MaxValue, XfsSuperblock.Parse(head)!.SizeBytes);
    }

    [Theory]
    [InlineData(0, 0)] // magic
    [InlineData(7, 1)] // block size 4097
    [InlineData(5, 2)] // block size 128 KiB and more
    [InlineData(101, 0)] // version 0
    [InlineData(101, 6)] // a version to come
    public void Anything_else_is_none(int offset, byte value)
    {
        byte[] head = Minimal();
        Assert.NotNull(XfsSuperblock.Parse(head));
        Assert.NotNull(XfsSuperblock.Parse(head.AsSpan(0, 512)));
        head[offset] = value;
        Assert.Null(XfsSuperblock.Parse(head));
    }

    [Fact]
    public void Too_few_bytes_are_none()
    {
        Assert.Null(XfsSuperblock.Parse([]));
        Assert.Null(XfsSuperblock.Parse(new byte[4096]));
        Assert.Null(XfsSuperblock.Parse(Minimal().AsSpan(0, 511)));
    }

    private static byte[] Minimal()
    {
        byte[] head = new byte[4096];
        "XFSB"u8.CopyTo(head);
        head[6] = 0x10;
        head[101] = 5;
        return head;
    }
}
