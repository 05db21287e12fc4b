using CephRbd.Driver.Mapping;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Mapping;

public sealed class SysfsTests : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_value_is_read_with_and_without_its_line_feed()
    {
        File.WriteAllText(_dir["value"], " 7 \n");
        Assert.Equal(" 7 \n", Sysfs.Read(_dir["value"]));
        Assert.Equal("7", Sysfs.ReadTrimmed(_dir["value"]));
        File.WriteAllText(_dir["value"], "");
        Assert.Equal("", Sysfs.Read(_dir["value"]));
    }

    [Fact]
    public void What_is_not_there_has_no_value()
    {
        File.WriteAllText(_dir["file"], "");
        Assert.Null(Sysfs.Read(_dir["none"]));
        Assert.Null(Sysfs.Read(_dir["none/value"]));
        Assert.Null(Sysfs.Read(_dir["file/value"]));
        Assert.Null(Sysfs.ReadTrimmed(_dir["none"]));
    }

    [Fact]
    public void A_file_of_the_real_kernel_is_read() => Assert.Equal("Linux", Sysfs.ReadTrimmed("/proc/sys/kernel/ostype"));

    [Fact]
    public void A_block_device_is_named_by_its_numbers()
    {
        using var loop = new LoopDevice(_dir["disk"], 1 << 20);
        (uint major, uint minor) = DeviceNodes.BlockDeviceAt(loop.Path)!.Value;
        Assert.Equal(Path.GetFileName(loop.Path), Sysfs.BlockDeviceName(major, minor));
        Assert.Null(Sysfs.BlockDeviceName(4095, 1048575));
    }
}
