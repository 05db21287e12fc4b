using CephRbd.Native.Blkid;
using CephRbd.Native.Linux;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.UnitTests.Native.Blkid;

public sealed class SignatureProbeTests : IDisposable
{
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;
    private const long TiB = 1L << 40;

    private readonly SignatureZoo _zoo = new();

    public void Dispose() => _zoo.Dispose();

    [Theory]
    [InlineData(64 * MiB)]
    [InlineData(1 * GiB)]
    [InlineData(1 * TiB)]
    public void An_image_of_zeros_holds_nothing(long size)
    {
        using var file = Files.CreateMemory("blank");
        Files.SetLength(file, size);

        var result = SignatureProbe.Probe(file, size);

        Assert.Equal(ProbeOutcome.Nothing, result.Outcome);
        Assert.Empty(result.Signatures);
    }

    [Fact]
    public void Random_bytes_hold_nothing()
    {
        using var file = Files.CreateMemory("random");
        Files.SetLength(file, 64 * MiB);
        var bytes = new byte[8 * MiB];
        new Random(1).NextBytes(bytes);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.Write(file, bytes, 56 * MiB);

        Assert.Equal(ProbeOutcome.Nothing, SignatureProbe.Probe(file, 64 * MiB).Outcome);
    }

    [Theory]
    [InlineData("mkfs.ext2", "-q -F -L data", "ext2", 64 * MiB)]
    [InlineData("mkfs.ext3", "-q -F -L data", "ext3", 64 * MiB)]
    [InlineData("mkfs.ext4", "-q -F -L data -E nodiscard,lazy_itable_init=1,lazy_journal_init=1", "ext4", 64 * MiB)]
    [InlineData("mkfs.ext4", "-q -F -L data -E nodiscard,lazy_itable_init=1,lazy_journal_init=1", "ext4", 1 * TiB)]
    [InlineData("mkfs.xfs", "-q -K -L data", "xfs", 1 * GiB)]
    [InlineData("mkfs.btrfs", "-q -K -L data", "btrfs", 1 * GiB)]
    [InlineData("mkfs.vfat", "-n data", "vfat", 64 * MiB)]
    public void A_file_system_is_known_by_type_and_label(string tool, string options, string type, long size)
    {
        using var file = _zoo.Format(size, tool, options);

        var result = SignatureProbe.Probe(file, size);

        Assert.Equal(ProbeOutcome.Found, result.Outcome);
        var signature = Assert.Single(result.Signatures, s => s.Kind == "filesystem");
        Assert.Equal((type, "data"), (signature.Type, signature.Label?.ToLowerInvariant()));
        Assert.False(string.IsNullOrEmpty(signature.Uuid));
    }

    [Fact]
    public void Swap_space_is_known()
    {
        using var file = _zoo.Format(64 * MiB, "mkswap", "-q");
        Only(file, 64 * MiB, "other", "swap");
    }

    [Theory]
    [InlineData("luks1", "1")]
    [InlineData("luks2", "2")]
    public void An_encrypted_volume_is_known(string type, string version)
    {
        using var file = _zoo.Luks(64 * MiB, type);
        Assert.Equal(version, Only(file, 64 * MiB, "crypto", "crypto_LUKS").Version);
    }

    [Theory]
    [InlineData(64 * MiB)]
    [InlineData(1 * TiB)]
    public void A_GPT_is_a_partition_table(long size)
    {
        using var file = _zoo.Format(size, "sgdisk", "-n 1:0:+8M");
        Only(file, size, "partition-table", "gpt");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_GPT_is_known_without_its_protective_MBR_and_by_its_backup_alone(int sectors)
    {
        using var file = _zoo.Format(1 * GiB, "sgdisk", "-n 1:0:+8M");
        RandomAccess.Write(file, new byte[sectors * 512], 0);

        Only(file, 1 * GiB, "partition-table", "gpt");
    }

    [Fact]
    public void A_DOS_partition_table_is_known()
    {
        using var file = _zoo.Bytes(64 * MiB, SignatureZoo.DosPartitionTable());
        Only(file, 64 * MiB, "partition-table", "dos");
    }

    [Fact]
    public void An_LVM_physical_volume_is_known()
    {
        using var file = _zoo.Bytes(64 * MiB, SignatureZoo.LvmLabel());
        Only(file, 64 * MiB, "raid", "LVM2_member");
    }

    [Theory]
    [InlineData(64 * MiB)]
    [InlineData(1 * TiB)]
    public void A_RAID_member_is_known_by_its_superblock_at_the_head(long size)
    {
        using var file = _zoo.Bytes(size, SignatureZoo.MdSuperblock1(sector: 8));
        Assert.Equal("1.2", Only(file, size, "raid", "linux_raid_member").Version);
    }

    [Theory]
    [InlineData(64 * MiB)]
    [InlineData(1 * TiB)]
    public void A_RAID_member_is_known_by_its_superblock_at_the_end(long size)
    {
        using var file = _zoo.Bytes(size, SignatureZoo.MdSuperblock0(size));
        Assert.Equal("0.90.0", Only(file, size, "raid", "linux_raid_member").Version);
    }

    [Fact]
    public void A_bcache_device_is_known()
    {
        using var file = _zoo.Bytes(64 * MiB, SignatureZoo.Bcache());
        Only(file, 64 * MiB, "other", "bcache");
    }

    [Fact]
    public void A_BlueStore_OSD_is_known()
    {
        using var file = _zoo.Bytes(64 * MiB, (0, "bluestore block device\n"u8.ToArray()));
        Only(file, 64 * MiB, "other", "ceph_bluestore");
    }

    [Fact]
    public void A_file_system_over_a_leftover_of_another_is_ambivalent_and_both_are_listed()
    {
        using var others = new SignatureZoo();
        using var other = others.Format(1 * GiB, "mkfs.xfs", "-q -K");
        using var file = _zoo.Format(1 * GiB, "mkfs.ext4", "-q -F -E nodiscard,lazy_itable_init=1,lazy_journal_init=1");
        Copy(other, file, 0, 512);

        var result = SignatureProbe.Probe(file, 1 * GiB);

        Assert.Equal(ProbeOutcome.Ambivalent, result.Outcome);
        Assert.Contains(result.Signatures, s => s.Type == "xfs");
        Assert.Contains(result.Signatures, s => s.Type == "ext4");
    }

    [Fact]
    public void A_file_system_beside_a_partition_table_shows_both()
    {
        using var file = _zoo.Format(64 * MiB, "mkfs.ext4", "-q -F -E nodiscard");
        SignatureZoo.Put(file, SignatureZoo.DosPartitionTable());

        var result = SignatureProbe.Probe(file, 64 * MiB);

        Assert.NotEqual(ProbeOutcome.Nothing, result.Outcome);
        Assert.Contains(result.Signatures, s => s.Type == "ext4");
        Assert.Contains(result.Signatures, s => s is { Kind: "partition-table", Type: "dos" });
    }

    [Fact]
    public void A_superblock_with_a_wrong_checksum_still_counts()
    {
        using var file = _zoo.Format(64 * MiB, "mkfs.ext4", "-q -F -E nodiscard -O metadata_csum");
        var superblock = new byte[1024];
        RandomAccess.Read(file, superblock, 1024);
        superblock[0x3fc] ^= 0xff;
        RandomAccess.Write(file, superblock, 1024);

        Only(file, 64 * MiB, "filesystem", "ext4");
    }

    [Theory]
    [InlineData("mkfs.ext4", "-q -F -L data -E nodiscard,lazy_itable_init=1,lazy_journal_init=1", 100 * GiB)]
    [InlineData("mkfs.xfs", "-q -K -L data", 100 * GiB)]
    [InlineData("mkfs.btrfs", "-q -K -L data", 100 * GiB)]
    [InlineData("sgdisk", "-n 1:0:+8M", 100 * GiB)]
    public void Head_and_tail_alone_give_the_same_result(string tool, string options, long size)
    {
        using var whole = _zoo.Format(size, tool, options);
        using var part = Files.CreateMemory("part");
        Files.SetLength(part, size);
        Copy(whole, part, 0, SignatureProbe.HeadBytes);
        Copy(whole, part, size - SignatureProbe.TailBytes, SignatureProbe.TailBytes);

        var expected = SignatureProbe.Probe(whole, size);
        var actual = SignatureProbe.Probe(part, size);

        Assert.NotEmpty(expected.Signatures);
        Assert.Equal(expected.Outcome, actual.Outcome);
        Assert.Equal(expected.Signatures, actual.Signatures);
    }

    [Theory]
    [InlineData(true, "filesystem", "ntfs")]
    [InlineData(false, "partition-table", "dos")]
    public void An_NTFS_volume_without_its_file_table_is_still_something(bool withTable, string kind, string type)
    {
        const long Table = 3 * GiB;
        using var file = _zoo.Bytes(10 * GiB, SignatureZoo.NtfsBootSector(10 * GiB, Table));
        if (withTable)
        {
            SignatureZoo.Put(file, (Table, "FILE"u8.ToArray()), (Table + (3 * 1024), "FILE"u8.ToArray()));
        }

        Only(file, 10 * GiB, kind, type);
    }

    [Fact]
    public void A_descriptor_that_cannot_be_read_is_an_error_and_not_nothing()
    {
        using var file = Files.Open("/dev/null", OpenFlags.WriteOnly | OpenFlags.CloseOnExec, 0);
        Assert.Throws<BlkidException>(() => SignatureProbe.Probe(file, 64 * MiB));
    }

    [Fact]
    public void A_file_that_ends_before_the_image_does_is_an_error_and_not_nothing()
    {
        using var file = Files.CreateMemory("short");
        Files.SetLength(file, 1 * MiB);
        Assert.Throws<BlkidException>(() => SignatureProbe.Probe(file, 64 * MiB));
    }

    [Fact]
    public void A_missing_library_and_a_missing_function_are_named()
    {
        var library = Assert.Throws<CephRbd.Native.NativeLibraryException>(() => new BlkidLibrary("libcephrbd-none.so.9"));
        Assert.Equal(("libcephrbd-none.so.9", null), (library.Library, library.Symbol));

        var function = Assert.Throws<CephRbd.Native.NativeLibraryException>(() => new BlkidLibrary("libm.so.6"));
        Assert.Equal(("libm.so.6", "blkid_new_probe"), (function.Library, function.Symbol));
    }

    private static Signature Only(SafeFileHandle file, long size, string kind, string type)
    {
        var result = SignatureProbe.Probe(file, size);
        Assert.Equal(ProbeOutcome.Found, result.Outcome);
        var signature = Assert.Single(result.Signatures);
        Assert.Equal((kind, type), (signature.Kind, signature.Type));
        return signature;
    }

    private static void Copy(SafeFileHandle from, SafeFileHandle to, long offset, long length)
    {
        var bytes = new byte[length];
        Assert.Equal(length, RandomAccess.Read(from, bytes, offset));
        RandomAccess.Write(to, bytes, offset);
    }
}
