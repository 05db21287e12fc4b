using CephRbd.Driver.Mapping;

namespace CephRbd.UnitTests.Mapping;

public class ImageIdentityTests
{
    private const string Fsid = "6a0c9a6c-6b2f-4a3b-9c59-0a2f6f6f0b1e";

    private static readonly ImageIdentity _image = new("hyper", null, "vol1", null);

    [Fact]
    public void An_image_is_written_as_Cephs_tools_do()
    {
        Assert.Equal("hyper/vol1", _image.ImageSpec);
        Assert.Equal("hyper/vol1", (_image with { Namespace = "" }).ImageSpec);
        Assert.Equal("hyper/ns/vol1@s", (_image with { Namespace = "ns", Snapshot = "s" }).ImageSpec);
    }

    [Fact]
    public void Other_names_are_another_image()
    {
        Assert.Equal(Match.No, _image.Compare(_image with { Pool = "Hyper" }));
        Assert.Equal(Match.No, _image.Compare(_image with { Namespace = "ns" }));
        Assert.Equal(Match.No, _image.Compare(_image with { Image = "vol2" }));
        Assert.Equal(Match.No, _image.Compare(_image with { Snapshot = "s" }));
        Assert.Equal(Match.No, (_image with { ClusterFsid = Fsid }).Compare(_image with { ClusterFsid = Fsid, Image = "vol2" }));
    }

    [Theory]
    [InlineData(null, null, null, null, "Unsure")]
    [InlineData(Fsid, null, null, null, "Unsure")]
    [InlineData(Fsid, null, "", "1a", "Unsure")]
    [InlineData(Fsid, null, null, "1a", "Unsure")]
    [InlineData(Fsid, null, Fsid, null, "Yes")]
    [InlineData(Fsid, null, "6A0C9A6C-6B2F-4A3B-9C59-0A2F6F6F0B1E", null, "Yes")]
    [InlineData(null, "1a", null, "1a", "Yes")]
    [InlineData(Fsid, "1a", null, "1a", "Yes")]
    [InlineData(Fsid, "1a", Fsid, "", "Yes")]
    [InlineData(null, "1a", null, "1A", "No")]
    [InlineData(Fsid, "1a", Fsid, "1b", "No")]
    [InlineData(Fsid, "1a", "00000000-6b2f-4a3b-9c59-0a2f6f6f0b1e", "1a", "No")]
    public void The_same_names_mean_the_same_image_only_in_one_cluster(string? fsid, string? id, string? otherFsid, string? otherId, string match)
    {
        ImageIdentity a = _image with { ClusterFsid = fsid, ImageId = id };
        ImageIdentity b = _image with { Namespace = "", ClusterFsid = otherFsid, ImageId = otherId };
        Assert.Equal(match, a.Compare(b).ToString());
        Assert.Equal(match, b.Compare(a).ToString());
    }
}
