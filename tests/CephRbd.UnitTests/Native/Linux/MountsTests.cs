using System.Runtime.Versioning;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

/// <summary>Real mounts when the tests run with CAP_SYS_ADMIN; the refusals are tested everywhere.</summary>
[SupportedOSPlatform("linux")]
public sealed class MountsTests : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_tmpfs_is_mounted_bound_and_unmounted()
    {
        Directory.CreateDirectory(_dir["tmpfs"]);
        Directory.CreateDirectory(_dir["bind"]);
        MountOrFail();
        try
        {
            Mounts.MakePrivate(_dir["tmpfs"]);
            Assert.Contains($" {_dir["tmpfs"]} rw,nosuid,nodev,noexec", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
            Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(_dir["tmpfs"]));
            File.WriteAllText(_dir["tmpfs/file"], "x");

            Mounts.Bind(_dir["tmpfs"], _dir["bind"]);
            try
            {
                Assert.True(File.Exists(_dir["bind/file"]));
            }
            finally
            {
                Mounts.Unmount(_dir["bind"], lazy: false);
            }

            using var open = File.OpenRead(_dir["tmpfs/file"]);
            Assert.Equal(Errno.Busy, Assert.Throws<LinuxException>(() => Mounts.Unmount(_dir["tmpfs"], lazy: false)).Errno);
        }
        finally
        {
            Mounts.Unmount(_dir["tmpfs"], lazy: true);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_dir["tmpfs"]));
    }

    [Fact]
    public void A_link_to_a_mount_point_is_not_followed_by_unmount()
    {
        Directory.CreateDirectory(_dir["tmpfs"]);
        File.CreateSymbolicLink(_dir["link"], _dir["tmpfs"]);
        MountOrFail();
        try
        {
            Assert.Equal(Errno.Invalid, Assert.Throws<LinuxException>(() => Mounts.Unmount(_dir["link"], lazy: false)).Errno);
        }
        finally
        {
            Mounts.Unmount(_dir["tmpfs"], lazy: false);
        }
    }

    [Fact]
    public void Unmounting_what_is_no_mount_point_fails_with_the_path()
    {
        var e = Assert.Throws<LinuxException>(() => Mounts.Unmount(_dir.Path, lazy: false));
        Assert.Equal(("umount2", _dir.Path), (e.Call, e.Path));
        Assert.Contains(e.Errno, new[] { Errno.Invalid, Errno.NotPermitted });
    }

    private void MountOrFail()
    {
        try
        {
            Mounts.MountTmpfs(_dir["tmpfs"], "cephrbd-test", "size=64k,mode=0700");
        }
        catch (LinuxException e) when (e.Errno == Errno.NotPermitted)
        {
            Assert.Fail("mounting needs CAP_SYS_ADMIN");
        }
    }
}
