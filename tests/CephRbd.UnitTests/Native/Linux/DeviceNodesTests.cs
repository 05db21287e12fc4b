using System.Runtime.Versioning;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

[SupportedOSPlatform("linux")]
public sealed class DeviceNodesTests : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Theory]
    [InlineData(0, 0, 0UL)]
    [InlineData(8, 1, 0x801UL)]
    [InlineData(252, 16, 0xFC10UL)]
    [InlineData(253, 0x12345, 0x1230FD45UL)]
    [InlineData(0x12345678, 0x9ABCDEF0, 0x123459ABCDE678F0UL)]
    [InlineData(uint.MaxValue, uint.MaxValue, ulong.MaxValue)]
    public void A_device_number_is_its_two_parts_as_glibc_packs_them(uint major, uint minor, ulong dev)
    {
        Assert.Equal(dev, DeviceNodes.Encode(major, minor));
        Assert.Equal((major, minor), (DeviceNodes.Major(dev), DeviceNodes.Minor(dev)));
    }

    [Fact]
    public void A_node_that_was_made_is_found_through_a_link_also()
    {
        DeviceNodes.MakeBlock(_dir["node"], 252, 0x12345, 0x180);
        File.CreateSymbolicLink(_dir["link"], "node");

        Assert.Equal((252u, 0x12345u), DeviceNodes.BlockDeviceAt(_dir["node"]));
        Assert.Equal((252u, 0x12345u), DeviceNodes.BlockDeviceAt(_dir["link"]));
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(_dir["node"]));
        Assert.Equal(FileKind.Other, Files.KindOf(_dir["node"]));
    }

    [Fact]
    public void What_is_no_block_device_has_no_number()
    {
        File.CreateSymbolicLink(_dir["dangling"], "none");

        Assert.Null(DeviceNodes.BlockDeviceAt(_dir["none"]));
        Assert.Null(DeviceNodes.BlockDeviceAt(_dir["dangling"]));
        Assert.Null(DeviceNodes.BlockDeviceAt(_dir.Path));
        Assert.Null(DeviceNodes.BlockDeviceAt("/dev/null"));
    }

    [Fact]
    public void A_node_is_not_made_over_what_is_there()
    {
        File.WriteAllText(_dir["node"], "");

        var e = Assert.Throws<LinuxException>(() => DeviceNodes.MakeBlock(_dir["node"], 7, 0, 0x180));

        Assert.Equal(("mknodat", Errno.Exists, _dir["node"]), (e.Call, e.Errno, e.Path));
    }

    [Fact]
    public void A_device_is_free_until_it_is_mounted()
    {
        using var device = new LoopDevice(_dir["file"], 16 << 20);
        device.Format("ext4");
        Directory.CreateDirectory(_dir["mnt"]);
        Assert.True(DeviceNodes.IsFree(device.Path));

        using (File.OpenRead(device.Path))
        {
            Assert.True(DeviceNodes.IsFree(device.Path));
        }

        Mounts.MountDevice(device.Path, _dir["mnt"], "ext4", MountFlags.NoSuid | MountFlags.NoAtime, "errors=remount-ro");
        try
        {
            Assert.False(DeviceNodes.IsFree(device.Path));
            Assert.Equal(Files.RealDeviceOf(device.Path), Files.DeviceOf(_dir["mnt"]));
            Assert.Contains($" {_dir["mnt"]} rw,nosuid,noatime", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        }
        finally
        {
            Mounts.Unmount(_dir["mnt"], lazy: false);
        }

        Assert.True(DeviceNodes.IsFree(device.Path));
    }

    [Fact]
    public void A_node_without_a_device_behind_it_is_an_error_not_an_answer()
    {
        DeviceNodes.MakeBlock(_dir["node"], 4000, 7, 0x180);

        var e = Assert.Throws<LinuxException>(() => DeviceNodes.IsFree(_dir["node"]));

        Assert.Equal(Errno.NoDevice, e.Errno);
    }
}
