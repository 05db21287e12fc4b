using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Blkid;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Ceph.Format;

/// <summary>With the real mkfs tools.</summary>
public sealed class FileSystemMakerTests : IDisposable
{
    private const string Ours = "lazy_itable_init=1,lazy_journal_init=1,nodiscard";

    private readonly TempDir _dir = new();
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));
    private readonly DriverConfig _config;

    public FileSystemMakerTests() => _config = new DriverConfig { RunDir = _dir["run"], ScratchDir = _dir["scratch"] };

    public void Dispose()
    {
        _deadline.Dispose();
        _dir.Dispose();
    }

    [Theory]
    [InlineData("ext4", "", $"-q -F -E {Ours} -G 256")]
    [InlineData("ext4", "-G 16", $"-q -F -E {Ours} -G 16")]
    [InlineData("ext4", "-O ^flex_bg", $"-q -F -E {Ours} -O ^flex_bg")]
    [InlineData("ext3", "-m 0", $"-q -F -E {Ours} -m 0")]
    [InlineData("ext2", "-E stride=4", $"-q -F -E {Ours},stride=4")]
    [InlineData("ext4", "-Estride=4 -L x", $"-q -F -E {Ours},stride=4 -G 256 -L x")]
    [InlineData("ext4", "-m 0 -E stride=4 -L x -E discard", $"-q -F -E {Ours},stride=4,discard -G 256 -m 0 -L x")]
    [InlineData("xfs", "-L x -E y", "-q -f -K -L x -E y")]
    [InlineData("btrfs", "", "-q -f -K")]
    [InlineData("vfat", "-n X", "-n X")]
    public void The_users_options_join_ours(string fsType, string user, string expected) =>
        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            FileSystemMaker.Arguments(fsType, user.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("ext4", 16)]
    [InlineData("ext3", 16)]
    [InlineData("ext2", 16)]
    [InlineData("xfs", 512)]
    [InlineData("btrfs", 256)]
    [InlineData("vfat", 16)]
    public void The_file_system_asked_for_is_made_in_a_file_without_a_name(string fsType, int mebibytes)
    {
        Assert.NotNull(Tool.Find("mkfs." + fsType));
        ulong size = (ulong)mebibytes << 20;
        using Scratch scratch = Make(fsType, size);
        Assert.Equal(fsType, scratch.Signature.Type);
        Assert.NotNull(scratch.Signature.Uuid);
        Assert.Equal((long)size, RandomAccess.GetLength(scratch.File));
        Assert.Equal(ContentsKind.FileSystem, Contents.Of(SignatureProbe.Probe(scratch.File, (long)size)).Kind);
        Assert.Empty(Directory.GetFiles(_dir.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void The_users_options_reach_mkfs()
    {
        Assert.False(Tool.Find("mkfs.ext4") is null, "mkfs.ext4 is not installed");
        using Scratch scratch = Make("ext4", 16 << 20, "-L", "hello", "-E", "stride=4");
        Assert.Equal("hello", scratch.Signature.Label);
    }

    [Fact]
    public void A_failing_mkfs_is_told_with_its_words()
    {
        Assert.False(Tool.Find("mkfs.ext4") is null, "mkfs.ext4 is not installed");
        string message = Assert.Throws<VolumeException>(() => Make("ext4", 16 << 20, "-O", "no_such_feature").Dispose()).Message;
        Assert.StartsWith("image hyper/vol1: mkfs.ext4 failed with status 1, nothing was written to the image: ", message, StringComparison.Ordinal);
        Assert.Contains("no_such_feature", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mkfs_that_makes_nothing_is_not_believed()
    {
        Assert.False(Tool.Find("mkfs.ext4") is null, "mkfs.ext4 is not installed");
        Assert.Contains(
            "ended well but left no known signature",
            Assert.Throws<VolumeException>(() => Make("ext4", 16 << 20, "-n").Dispose()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_mkfs_is_told_with_the_package_to_install()
    {
        string message = Assert.Throws<VolumeException>(() => Make("nosuchfs", 16 << 20).Dispose()).Message;
        Assert.Contains("this node has no mkfs.nosuchfs", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_place_for_the_scratch_file_both_folders_are_named()
    {
        Assert.False(Tool.Find("mkfs.ext4") is null, "mkfs.ext4 is not installed");
        File.WriteAllText(_dir["run"], "");
        File.WriteAllText(_dir["scratch"], "");
        string message = Assert.Throws<VolumeException>(() => Make("ext4", 16 << 20).Dispose()).Message;
        Assert.Contains(_dir["run"], message, StringComparison.Ordinal);
        Assert.Contains(_dir["scratch"], message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_other_folder_is_taken_where_the_first_cannot_be_used()
    {
        Assert.False(Tool.Find("mkfs.vfat") is null, "mkfs.vfat is not installed");
        File.WriteAllText(_dir["scratch"], "");
        using Scratch scratch = Make("vfat", 16 << 20);
        Assert.Equal("vfat", scratch.Signature.Type);
    }

    [Fact]
    public void A_relative_name_in_the_users_options_finds_no_file_of_the_node()
    {
        Assert.False(Tool.Find("mkfs.ext4") is null, "mkfs.ext4 is not installed");
        Assert.Contains("etc", Directory.GetDirectories("/").Select(Path.GetFileName));
        Assert.Throws<VolumeException>(() => Make("ext4", 16 << 20, "-d", "etc").Dispose());
        using Scratch empty = Make("ext4", 16 << 20, "-d", ".");
        Assert.Equal("ext4", empty.Signature.Type);
    }

    [Fact]
    public void No_file_system_is_made_after_the_deadline()
    {
        Assert.False(Tool.Find("mkfs.ext4") is null, "mkfs.ext4 is not installed");
        _deadline.Stop("told so");
        Assert.Throws<DeadlineException>(() => Make("ext4", 16 << 20).Dispose());
    }

    private Scratch Make(string fsType, ulong size, params string[] options) =>
        FileSystemMaker.Make(fsType, size, options, "hyper/vol1", _config, _deadline);
}
