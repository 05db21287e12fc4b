using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Volumes;
using Need = CephRbd.Driver.Ceph.Format.ImageFormatter.Need;

namespace CephRbd.UnitTests.Ceph.Format;

/// <summary>What is done with an image: by its contents, our mark, and what is asked for. The whole table.</summary>
public class DecisionTests
{
    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper", FsType = "ext4" };

    [Theory]
    // The file system asked for
    [InlineData("same", false, false, Need.Nothing)]
    [InlineData("same", true, false, Need.TakeOffMark)]
    [InlineData("same", false, true, Need.Nothing)]
    [InlineData("same", true, true, Need.Nothing)]
    // Blank
    [InlineData("blank", false, false, Need.Format)]
    [InlineData("blank", true, false, Need.FormatAgain)]
    // Bytes without a signature: ours only under our mark
    [InlineData("unknown", true, false, Need.FormatAgain)]
    public void What_is_done(string contents, bool marked, bool readOnly, object need) =>
        Assert.Equal(need, Decide(contents, marked, readOnly));

    [Theory]
    [InlineData("other", false, false, "xfs file system, but ext4 is asked for")]
    [InlineData("other", true, false, "xfs file system, but ext4 is asked for")]
    [InlineData("other", false, true, "xfs file system, but ext4 is asked for")]
    [InlineData("other", true, true, "xfs file system, but ext4 is asked for")]
    [InlineData("data", false, false, "LVM2_member")]
    [InlineData("data", true, false, "LVM2_member")]
    [InlineData("data", false, true, "LVM2_member")]
    [InlineData("data", true, true, "LVM2_member")]
    [InlineData("blank", false, true, "read-only volume is never formatted")]
    [InlineData("blank", true, true, "read-only volume is never formatted")]
    [InlineData("unknown", false, true, "read-only volume is never formatted")]
    [InlineData("unknown", true, true, "read-only volume is never formatted")]
    [InlineData("unknown", false, false, "is not blank, so it is not formatted")]
    public void What_is_refused(string contents, bool marked, bool readOnly, string words)
    {
        string message = Assert.Throws<VolumeException>(() => Decide(contents, marked, readOnly)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.StartsWith("image hyper/vol1 ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vfat", "msdos", true)]
    [InlineData("vfat", "fat", true)]
    [InlineData("ntfs", "ntfs-3g", true)]
    [InlineData("ext4", "ext4", true)]
    [InlineData("ext4", "ext3", false)]
    [InlineData("ext4", "EXT4", false)]
    public void Names_of_one_file_system_are_one(string found, string asked, bool same) =>
        Assert.Equal(same, ImageFormatter.Same(found, asked));

    private static Need Decide(string contents, bool marked, bool readOnly) => ImageFormatter.Decide(
        contents switch
        {
            "same" => new Contents(ContentsKind.FileSystem, "an ext4 file system", "ext4", "u"),
            "other" => new Contents(ContentsKind.FileSystem, "a xfs file system", "xfs", "u"),
            "data" => new Contents(ContentsKind.Data, "LVM2_member (raid)"),
            "blank" => new Contents(ContentsKind.Blank, "nothing but zeros"),
            _ => new Contents(ContentsKind.Unknown, "non-zero data at byte 5"),
        },
        marked ? new FormatMark("ext4", "u", "node1", DateTimeOffset.UnixEpoch) : null,
        _spec with { ReadOnly = readOnly });
}
