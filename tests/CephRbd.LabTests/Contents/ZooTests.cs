using CephRbd.LabTests.Driving;
using CephRbd.UnitTests.Native.Blkid;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.LabTests.Contents;

/// <summary>What others left on an image: it is never changed by a byte, and the message says what it is.</summary>
public sealed class ZooTests(LabFixture lab) : DriverTest(lab)
{
    private const int M = 1 << 20;
    private readonly SignatureZoo _zoo = new();

    [Theory]
    [InlineData("ext2", "mkfs.ext2", "-q -F", 64, "xfs")]
    [InlineData("ext3", "mkfs.ext3", "-q -F", 64, "ext4")]
    [InlineData("ext4", "mkfs.ext4", "-q -F -E lazy_itable_init=1,lazy_journal_init=1", 64, "ext3")]
    [InlineData("xfs", "mkfs.xfs", "-q -K", 512, "ext4")]
    [InlineData("btrfs", "mkfs.btrfs", "-q -K", 128, "ext4")]
    [InlineData("vfat", "mkfs.vfat", "", 64, "ext4")]
    [InlineData("swap", "mkswap", "-q", 64, "ext4")]
    [InlineData("gpt", "sgdisk", "-n 1:0:+8M", 64, "ext4")]
    public void another_tools_making_is_kept_whatever_is_asked_for(string holds, string tool, string options, int size, string asked)
    {
        using SafeFileHandle file = _zoo.Format((long)size * M, tool, options);
        string image = ImportFrom(file);
        Refused(image, asked, holds);
        if (holds is not ("swap" or "gpt"))
        {
            string before = Digest(image);
            Driver.Succeed("attach", Volume.Options(image, Volume.FsType(holds)));
            Assert.Equal(before, Digest(image));
        }
    }

    [Theory]
    [InlineData("luks1")]
    [InlineData("luks2")]
    public void an_encrypted_image_is_kept(string type)
    {
        using SafeFileHandle file = _zoo.Luks(32 * M, type);
        Refused(ImportFrom(file), "ext4", "crypto_LUKS");
    }

    [Theory]
    [InlineData("dos")]
    [InlineData("LVM2_member")]
    [InlineData("linux_raid_member")]
    [InlineData("linux_raid_member 0.90")]
    [InlineData("bcache")]
    public void a_member_of_a_larger_thing_is_kept(string what)
    {
        (long Offset, byte[] Content) part = what switch
        {
            "dos" => SignatureZoo.DosPartitionTable(),
            "LVM2_member" => SignatureZoo.LvmLabel(),
            "linux_raid_member" => SignatureZoo.MdSuperblock1(sector: 8),
            "linux_raid_member 0.90" => SignatureZoo.MdSuperblock0(64 * M),
            _ => SignatureZoo.Bcache(),
        };
        using SafeFileHandle file = _zoo.Bytes(64 * M, part);
        Refused(ImportFrom(file), "ext4", what.Split(' ')[0]);
    }

    [Fact]
    public void a_file_system_with_a_partition_table_over_it_is_kept()
    {
        using SafeFileHandle file = _zoo.Format(64 * M, "mkfs.ext4", "-q -F");
        SignatureZoo.Put(file, SignatureZoo.DosPartitionTable());
        Refused(ImportFrom(file), "ext4");
    }

    [Theory]
    [InlineData(0, "fast-diff")]
    [InlineData(1, "fast-diff")]
    [InlineData(3 * M, "fast-diff")]
    [InlineData(3 * M, "layering")]
    [InlineData(33 * M, "fast-diff")]
    [InlineData(33 * M, "layering")]
    [InlineData((64 * M) - 1, "fast-diff")]
    [InlineData((64 * M) - 1, "layering")]
    public void a_single_byte_anywhere_without_any_signature_is_data(int offset, string features)
    {
        using SafeFileHandle file = _zoo.Bytes(64 * M, (offset, [0x5a]));
        string image = ImportFrom(file, features == "layering" ? ["--image-feature", "layering"] : []);
        Refused(image, "ext4", $"at byte {offset}");
    }

    [Theory]
    [InlineData(512)]
    [InlineData(8192)]
    public void a_database_like_head_is_data(int pageSize)
    {
        // Pages that each begin with a counter and a checksum, as raw-device databases write them.
        byte[] head = new byte[256 * 1024];
        Random random = new(pageSize);
        for (int page = 0; page < head.Length; page += pageSize)
        {
            head[page] = (byte)(page / pageSize);
            random.NextBytes(head.AsSpan(page + 16, 64));
        }

        using SafeFileHandle file = _zoo.Bytes(64 * M, (0, head));
        Refused(ImportFrom(file), "ext4", "not blank");
    }

    [Fact]
    public void random_bytes_are_data()
    {
        byte[] all = new byte[8 * M];
        new Random(1).NextBytes(all);
        using SafeFileHandle file = _zoo.Bytes(8 * M, (0, all));
        Refused(ImportFrom(file), "ext4");
    }

    [Fact]
    public void a_clone_counts_what_its_parent_holds()
    {
        using SafeFileHandle file = _zoo.Bytes(64 * M, (33 * M, [0x5a]));
        string parent = ImportFrom(file);
        string clone = NewName();
        Clone(parent, clone, () => Refused(clone, "ext4", $"at byte {33 * M}"));
    }

    [Fact]
    public void a_clone_of_a_formatted_image_is_used_as_it_is()
    {
        string parent = NewName();
        string clone = NewName();
        Driver.Succeed("attach", Volume.Options(parent, Volume.Size("64Mi")));
        Clone(parent, clone, () =>
        {
            Driver.Succeed("attach", Volume.Options(clone));
            Assert.Equal(UuidOf(parent), UuidOf(clone));
        });
    }

    [Fact]
    public void a_clone_of_a_blank_image_is_formatted_and_its_parent_stays_blank()
    {
        string parent = CreateImage(64 * MiB, 61);
        string clone = NewName();
        Clone(parent, clone, () =>
        {
            Driver.Succeed("attach", Volume.Options(clone));
            CheckFileSystem(Export(clone), "ext4");
            Assert.Equal("", Blkid(Export(parent), "TYPE"));
        });
    }

    protected override void Release()
    {
        base.Release();
        _zoo.Dispose();
    }

    private string ImportFrom(SafeFileHandle file, params string[] options) =>
        Import($"/proc/{Environment.ProcessId}/fd/{file.DangerousGetHandle()}", options);

    private void Refused(string image, string asked, params string[] words)
    {
        string before = Digest(image);
        Driver.Fail(["attach", Volume.Options(image, Volume.FsType(asked))], [$"hyper/{image}", .. words]);
        Driver.Fail(["mount", Driver.NewMountDir(), Volume.PodOptions(image, Volume.FsType(asked))], [$"hyper/{image}", .. words]);
        Assert.Equal(before, Digest(image));
        HasNoMark(image);
        Assert.Equal(0, Watchers(image));
    }

    private void Clone(string parent, string clone, Action body)
    {
        Ceph("rbd", "snap", "create", "--no-progress", $"hyper/{parent}@s");
        try
        {
            Ceph("rbd", "clone", "--rbd-default-clone-format", "2", $"hyper/{parent}@s", $"hyper/{clone}");
            body();
            Ceph("rbd", "rm", "--no-progress", $"hyper/{clone}");
        }
        finally
        {
            Lab.Run("rbd", "rm", "--no-progress", $"hyper/{clone}");
            Ceph("rbd", "snap", "rm", "--no-progress", $"hyper/{parent}@s");
        }
    }
}
