using System.Globalization;
using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.FileSystems;

/// <summary>On a loop device. Needs root and loop devices.</summary>
public sealed class DeviceMounterTests : IDisposable
{
    private const ulong Size = 32 << 20;

    private readonly TempDir _dir = new();
    private readonly LoopDevice _loop;
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));
    private readonly DeviceMounter _mounter;
    private readonly Steps _steps;

    public DeviceMounterTests()
    {
        _loop = new LoopDevice(_dir["disk"], (long)Size);
        _steps = new Steps(_deadline, null);
        _mounter = new DeviceMounter(_steps);
        Directory.CreateDirectory(_dir["mnt"]);
    }

    public void Dispose()
    {
        if (MountTable.Read().At(_dir["mnt"]).Any())
        {
            Mounts.Unmount(_dir["mnt"], lazy: false);
        }

        _loop.Dispose();
        _deadline.Dispose();
        _dir.Dispose();
    }

    [Fact]
    public void A_clean_file_system_is_mounted_without_a_check()
    {
        _loop.Format("ext4");
        Mount("ext4", MountOptions.None);
        Assert.False(Assert.Single(MountTable.Read().At(_dir["mnt"])).IsReadOnly);
        Assert.DoesNotContain(_steps.Done, step => step.Name.StartsWith("e2fsck", StringComparison.Ordinal));
    }

    [Fact]
    public void One_that_was_not_left_clean_is_checked_first()
    {
        _loop.Format("ext4");
        Assert.Equal(0, FsImage.Run("debugfs", "-w", "-R", "set_super_value state 2", _loop.Path).Status);
        Mount("ext4", MountOptions.None);
        Assert.Contains(_steps.Done, step => step.Name.StartsWith("e2fsck -p", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mount_for_reading_neither_checks_nor_grows()
    {
        Assert.Equal(0, FsImage.Run("mkfs.ext4", "-q", "-b", "4096", _loop.Path, "4096").Status);
        Assert.Equal(0, FsImage.Run("debugfs", "-w", "-R", "set_super_value state 2", _loop.Path).Status);
        Mount("ext4", MountOptions.None with { ReadOnly = true });
        Assert.True(Assert.Single(MountTable.Read().At(_dir["mnt"])).IsReadOnly);
        Assert.DoesNotContain(_steps.Done, step => step.Name.Contains("e2fsck", StringComparison.Ordinal) || step.Name.StartsWith("grow", StringComparison.Ordinal));
        Assert.Equal(16UL << 20, OnDevice.Read(_loop.Path, _deadline)!.SizeBytes);
    }

    [Fact]
    public void One_that_is_smaller_than_its_device_grows_or_is_not_mounted()
    {
        Assert.Equal(0, FsImage.Run("mkfs.ext4", "-q", "-b", "4096", _loop.Path, "4096").Status);
        if (MayResize())
        {
            Mount("ext4", MountOptions.None);
            Assert.Equal(Size, OnDevice.Read(_loop.Path, _deadline)!.SizeBytes);
            return;
        }

        VolumeException e = Assert.Throws<VolumeException>(() => Mount("ext4", MountOptions.None));
        Assert.Contains("resize2fs could not grow its ext4", e.Message, StringComparison.Ordinal);
        Assert.Empty(MountTable.Read().At(_dir["mnt"]));
    }

    [Fact]
    public void Options_reach_the_file_system()
    {
        _loop.Format("ext4");
        Mount("ext4", MountOptions.Parse("sync,commit=77", "mountOptions"));
        string super = Assert.Single(MountTable.Read().At(_dir["mnt"])).SuperOptions;
        Assert.Contains("sync", super.Split(','));
        Assert.Contains("commit=77", super.Split(','));
    }

    [Fact]
    public void A_refused_mount_leaves_nothing_and_says_which_image_and_option()
    {
        _loop.Format("ext4");
        VolumeException e = Assert.Throws<VolumeException>(() => Mount("ext4", MountOptions.Parse("nosuchoption", "mountOptions")));
        Assert.Contains("image hyper/vol1", e.Message, StringComparison.Ordinal);
        Assert.Contains("nosuchoption", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<VolumeException>(() => Mount("nosuchfs", MountOptions.None));
        Assert.Contains("this kernel has no nosuchfs", e.Message, StringComparison.Ordinal);
        Assert.Empty(MountTable.Read().At(_dir["mnt"]));
    }

    // The kernel lets ext4 grow for CAP_SYS_RESOURCE only, which containers often lack.
    private static bool MayResize()
    {
        const int SysResource = 24;
        string line = File.ReadLines("/proc/self/status").Single(text => text.StartsWith("CapEff:", StringComparison.Ordinal));
        return ((ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) >> SysResource) & 1) == 1;
    }

    private void Mount(string fsType, MountOptions options) =>
        _mounter.Mount(new Disk(_loop.Path, Path.GetFileName(_loop.Path), Size, "hyper/vol1", IsMounted: false), null, _dir["mnt"], fsType, options);
}
