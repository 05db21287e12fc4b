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
    public void A_bind_mount_gets_flags_of_its_own()
    {
        Directory.CreateDirectory(_dir["tmpfs"]);
        Directory.CreateDirectory(_dir["bind"]);
        MountOrFail();
        try
        {
            Mounts.Bind(_dir["tmpfs"], _dir["bind"]);
            try
            {
                Mounts.RemountBind(_dir["bind"], MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev);

                Assert.Equal(Errno.ReadOnly, Assert.Throws<LinuxException>(() => Files.MakeDirectory(_dir["bind/new"], 0x1C0)).Errno);
                Files.MakeDirectory(_dir["tmpfs/new"], 0x1C0);
                Assert.Contains($" {_dir["bind"]} ro,nosuid,nodev,", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
            }
            finally
            {
                Mounts.Unmount(_dir["bind"], lazy: false);
            }
        }
        finally
        {
            Mounts.Unmount(_dir["tmpfs"], lazy: false);
        }
    }

    [Fact]
    public void A_device_with_a_file_system_the_kernel_lacks_is_refused()
    {
        var e = Assert.Throws<LinuxException>(() => Mounts.MountDevice("none", _dir.Path, "cephrbd-none", MountFlags.None, null));
        Assert.Equal(("mount", Errno.NoSuchDevice, _dir.Path), (e.Call, e.Errno, e.Path));
    }

    [Fact]
    public void Remounting_what_is_no_mount_point_is_refused()
        => Assert.Equal(Errno.Invalid, Assert.Throws<LinuxException>(() => Mounts.RemountBind(_dir.Path, MountFlags.ReadOnly)).Errno);

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
