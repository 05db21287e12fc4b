using CephRbd.Driver.Host;
using CephRbd.Native;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Hyper;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Host;

public sealed class MountTableTests : IDisposable
{
    private const string Sample =
        """
        28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
        90 28 252:0 / /stage/p~~i rw shared:9 - ext4 /dev/rbd0 rw
        91 28 252:0 / /pods/a ro,nosuid shared:9 master:3 - ext4 /dev/rbd0 rw
        92 28 252:0 /sub /pods/a\040b rw - ext4 /dev/rbd0 ro
        93 28 0:50 / /pods/a rw unbindable - tmpfs tmpfs rw
        94 28 0:61 / /pods/b rw - btrfs /dev/rbd1 rw,subvolid=5
        95 28 0:61 / /pods/c rw - btrfs /dev/gone rw,subvolid=5
        96 28 0:62 / /pods/d rw - tmpfs /dev/rbd1 rw
        """;

    private readonly TempDir _dir = new();
    private readonly MountTable _table = MountTable.Of(Sample, path => path == "/dev/rbd1" ? (252, 16) : null);

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void Mounts_on_one_place_are_told_from_the_lowest_to_the_top()
    {
        Assert.Equal([91, 93], _table.At("/pods/a").Select(mount => mount.MountId));
        Assert.Equal([92], _table.At("/pods/a b").Select(mount => mount.MountId));
        Assert.Empty(_table.At("/pods"));
        Assert.Empty(_table.At("/pods/a/"));
    }

    [Fact]
    public void Mounts_of_one_device_are_told_wherever_they_are()
    {
        Assert.Equal([90, 91, 92], _table.Of(252, 0).Select(mount => mount.MountId));
        Assert.Empty(_table.Of(252, 1));
    }

    [Fact]
    public void A_btrfs_is_found_by_the_device_it_lies_on()
    {
        Assert.Equal([94], _table.Of(252, 16).Select(mount => mount.MountId));
        Assert.Equal([95], _table.Of(0, 61).Select(mount => mount.MountId));
        Assert.Equal([96], _table.Of(0, 62).Select(mount => mount.MountId));
    }

    [Theory]
    [InlineData("rw,relatime", "rw", false)]
    [InlineData("ro,nosuid", "rw", true)]
    [InlineData("rw", "ro,errors=continue", true)]
    [InlineData("nosuid,ro", "rw", true)]
    [InlineData("rw,relatime", "rw,errors=remount-ro", false)]
    [InlineData("rw", "rw,proto,root=x", false)]
    public void A_mount_is_read_only_by_itself_or_by_its_file_system(string own, string super, bool readOnly) =>
        Assert.Equal(readOnly, Assert.Single(MountTable.Of($"1 2 3:4 / /x {own} shared:1 - ext4 /dev/x {super}", _ => null).Entries).IsReadOnly);

    [Fact]
    public void A_place_is_found_through_links_and_not_touched_itself()
    {
        Directory.CreateDirectory(_dir["real/pods"]);
        File.CreateSymbolicLink(_dir["link"], _dir["real"]);
        File.CreateSymbolicLink(_dir["real/alias"], _dir["real/pods"]);
        Assert.Equal(_dir["real/pods/x"], MountTable.Canonical(_dir["link/pods/x"]));
        Assert.Equal(_dir["real/pods/x"], MountTable.Canonical(_dir["link/alias/x/"]));
        Assert.Equal(_dir["real/pods/x"], MountTable.Canonical(_dir["link/../real/./pods//x"]));
        Assert.Equal(_dir["real/alias"], MountTable.Canonical(_dir["link/alias"]));
        Assert.Equal("/", MountTable.Canonical("/"));
        Assert.Equal("/proc", MountTable.Canonical("/proc/"));
    }

    [Fact]
    public void A_place_below_a_file_or_nothing_is_no_place()
    {
        File.WriteAllText(_dir["file"], "");
        Assert.Equal(Errno.NotDirectory, Assert.Throws<LinuxException>(() => MountTable.Canonical(_dir["file/x"])).Errno);
        Assert.Equal(Errno.NoEntry, Assert.Throws<LinuxException>(() => MountTable.Canonical(_dir["none/x"])).Errno);
    }

    [Fact]
    public void Real_mounts_stacked_and_bound_are_found()
    {
        using var pod = new PodDir();
        Directory.CreateDirectory(pod["a b"]);
        PodDir.MountOrFail(pod.Path, "first");
        PodDir.MountOrFail(pod.Path, "second");
        Mounts.Bind(pod.Path, pod["a b"]);
        var table = MountTable.Read();
        Assert.Equal(["first", "second"], table.At(MountTable.Canonical(pod.Path)).Select(mount => mount.Source));
        MountEntry bound = Assert.Single(table.At(pod["a b"]));
        Assert.Equal(2, table.Of((uint)bound.Major, (uint)bound.Minor).Count());
        Assert.False(MountTable.IsCorrupt(pod.Path));
        Assert.False(MountTable.IsCorrupt(pod["none"]));
    }
}
