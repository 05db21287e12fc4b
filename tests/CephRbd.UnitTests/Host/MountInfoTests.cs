using CephRbd.Driver.Host;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Host;

public class MountInfoTests
{
    private const string Sample =
        """
        22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
        28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
        100 28 252:0 / /mnt/a\040b\011c\012d\134e\043f rw - ext4 /dev/rbd0 rw
        101 28 0:50 / /pods/tag rw,nosuid shared:5 master:3 propagate_from:2 unbindable - tmpfs tmpfs rw,size=64k
        102 101 0:51 /sub /pods/tag ro - tmpfs  ro,size=4k
        103 28 0:60 / /mnt/-/x rw - fuse.sshfs me@host:/a\040b rw
        """;

    [Fact]
    public void Every_field_is_read()
    {
        MountEntry[] entries = Parse(Sample);
        Assert.Equal(6, entries.Length);
        MountEntry root = entries[1];
        Assert.Equal((28, 1, 8, 1, "/", "/", "rw,relatime"), (root.MountId, root.ParentId, root.Major, root.Minor, root.Root, root.MountPoint, root.Options));
        Assert.Equal(["shared:1"], root.OptionalFields);
        Assert.Equal(("ext4", "/dev/sda1", "rw,errors=remount-ro"), (root.FsType, root.Source, root.SuperOptions));
        Assert.Empty(entries[2].OptionalFields);
        Assert.Equal(["shared:5", "master:3", "propagate_from:2", "unbindable"], entries[3].OptionalFields);
        Assert.Equal("/sub", entries[4].Root);
        Assert.Equal(("", "ro,size=4k"), (entries[4].Source, entries[4].SuperOptions));
        Assert.Equal("me@host:/a b", entries[5].Source);
    }

    [Fact]
    public void Escapes_are_undone() => Assert.Equal("/mnt/a b\tc\nd\\e#f", Parse(Sample)[2].MountPoint);

    [Theory]
    [InlineData("/pods/tag", 102)]
    [InlineData("/", 28)]
    [InlineData("/mnt/a b\tc\nd\\e#f", 100)]
    public void The_last_of_stacked_mounts_is_seen(string path, int mountId) =>
        Assert.Equal(mountId, TopmostAt(Sample, path)?.MountId);

    [Theory]
    [InlineData("/pods")]
    [InlineData("/pods/tag/sub")]
    [InlineData("/pods/ta")]
    public void A_plain_folder_has_no_mount(string path) => Assert.Null(TopmostAt(Sample, path));

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("junk")]
    [InlineData("22 28 0:21 / /proc rw shared:12 proc proc rw")]
    [InlineData("22 28 0:21 / /proc rw - proc proc")]
    [InlineData("22 28 0 / /proc rw - proc proc rw")]
    [InlineData("x 28 0:21 / /proc rw - proc proc rw")]
    [InlineData("22 99999999999 0:21 / /proc rw - proc proc rw")]
    [InlineData("22 28 0:-1 / /proc rw - proc proc rw")]
    public void A_line_of_another_form_is_skipped(string text)
    {
        Assert.Empty(Parse(text));
        Assert.Equal(6, Parse(text + "\n" + Sample).Length);
    }

    [Fact]
    public void The_machines_own_mounts_are_read()
    {
        string text = File.ReadAllText("/proc/self/mountinfo");
        MountEntry[] entries = Parse(text);
        Assert.Equal(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, entries.Length);
        Assert.Equal("proc", TopmostAt(text, "/proc")?.FsType);
    }

    [Fact]
    public void Hostile_text_never_fails() =>
        Hostile.Feed(
            ["22 28 0:21 / /proc rw ", "- ", "proc ", "shared:1 ", "\\040", "\\04", "\\999", "\n", "-"],
            text => TopmostAt(text, text));

    private static MountEntry[] Parse(string text) => [.. MountTable.Of(text, _ => null).Entries];

    private static MountEntry? TopmostAt(string text, string path) => MountTable.Of(text, _ => null).At(path).LastOrDefault();
}
