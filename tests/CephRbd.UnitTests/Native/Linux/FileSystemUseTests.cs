using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

public sealed class FileSystemUseTests : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_file_system_tells_its_size_and_what_is_used_of_it()
    {
        Directory.CreateDirectory(_dir["mnt"]);
        Mounts.MountTmpfs(_dir["mnt"], "cephrbd-test", "size=1m,nr_inodes=100");
        try
        {
            File.WriteAllBytes(_dir["mnt/file"], new byte[300_000]);

            var use = Assert.NotNull(FileSystemUse.Of(_dir["mnt"]));

            // 300,000 bytes take 74 pages of 4 KiB; pages of 16 or 64 KiB take a little more.
            Assert.Equal(1UL << 20, use.TotalBytes);
            Assert.InRange(use.UsedBytes, 303_104UL, 327_680UL);
            Assert.Equal(use.TotalBytes - use.UsedBytes, use.AvailableBytes);
            Assert.Equal(100UL, use.Inodes);
            Assert.Equal(98UL, use.InodesFree);
        }
        finally
        {
            Mounts.Unmount(_dir["mnt"], lazy: false);
        }
    }

    [Fact]
    public void It_agrees_with_the_base_library_on_a_disk()
    {
        var drive = new DriveInfo("/");
        var use = Assert.NotNull(FileSystemUse.Of("/"));

        Assert.Equal((ulong)drive.TotalSize, use.TotalBytes);
    }

    [Fact]
    public void Of_a_path_that_is_gone_there_is_none()
    {
        File.WriteAllText(_dir["file"], "");

        Assert.Null(FileSystemUse.Of(_dir["none"]));
        Assert.Null(FileSystemUse.Of(_dir["file/below"]));
    }

    [Fact]
    public void Any_other_failure_names_the_path()
    {
        File.CreateSymbolicLink(_dir["round"], "round");

        var e = Assert.Throws<LinuxException>(() => FileSystemUse.Of(_dir["round"]));

        Assert.Equal(("statfs", CephRbd.Native.Errno.TooManyLinks, _dir["round"]), (e.Call, e.Errno, e.Path));
    }
}
