using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.FileSystems;

public sealed class OnDeviceTests : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));

    public void Dispose()
    {
        _deadline.Dispose();
        _dir.Dispose();
    }

    [Theory]
    [InlineData("ext2")]
    [InlineData("ext3")]
    [InlineData("ext4")]
    public void A_new_ext_is_clean_and_was_never_mounted(string type)
    {
        using var image = new FsImage(64 << 20, "mkfs." + type, "-q");
        OnDevice found = OnDevice.Read(image.Path, _deadline)!;
        Assert.Equal((type, 64UL << 20, false, true, true), (found.Type, found.SizeBytes, found.WasMountedBefore, found.IsClean, found.IsExt));
        Assert.Equal(found, OnDevice.Parse(image.Head));
    }

    [Fact]
    public void An_ext4_that_needs_its_journal_replayed_is_not_clean()
    {
        using var image = new FsImage(64 << 20, "mkfs.ext4", "-q");
        image.Edit("feature needs_recovery");
        Assert.False(OnDevice.Read(image.Path, _deadline)!.IsClean);
    }

    [Fact]
    public void Of_a_new_XFS_it_is_not_known_whether_it_was_mounted()
    {
        using var image = new FsImage(512 << 20, "mkfs.xfs", "-q");
        OnDevice found = OnDevice.Read(image.Path, _deadline)!;
        Assert.Equal(("xfs", 512UL << 20, null, true, false), (found.Type, found.SizeBytes, found.WasMountedBefore, found.IsClean, found.IsExt));
    }

    [Fact]
    public void Of_others_nothing_is_known()
    {
        using var btrfs = new FsImage(256 << 20, "mkfs.btrfs", "-q");
        Assert.Null(OnDevice.Read(btrfs.Path, _deadline));
        Assert.Null(OnDevice.Parse(new byte[8192]));
        Assert.Null(OnDevice.Parse([]));
        File.WriteAllText(_dir["short"], "XFSB");
        Assert.Null(OnDevice.Read(_dir["short"], _deadline));
    }

    [Fact]
    public void What_cannot_be_read_is_told_in_words()
    {
        foreach (string path in (string[])[_dir["none"], _dir.Path])
        {
            Assert.Contains(path, Assert.Throws<VolumeException>(() => OnDevice.Read(path, _deadline)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1UL << 30, 1UL << 30, false)]
    [InlineData(1UL << 30, (1UL << 30) + (4 << 20) - 1, false)]
    [InlineData(1UL << 30, (1UL << 30) + (4 << 20), true)]
    [InlineData(1UL << 30, 1UL << 29, false)]
    [InlineData(ulong.MaxValue, 1UL << 30, false)]
    [InlineData(ulong.MaxValue - 1, ulong.MaxValue, false)]
    public void Only_room_that_can_be_used_makes_a_file_system_grow(ulong fileSystem, ulong device, bool grows) =>
        Assert.Equal(grows, DeviceMounter.NeedsGrowth(fileSystem, device));
}
