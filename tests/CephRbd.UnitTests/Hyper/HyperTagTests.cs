using System.Text;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Hyper;

public class HyperTagTests
{
    private const string Key = "AQB+/+/+AAAAABAA1Rt0TIvjp2xXoH4vV0r2Zw==";

    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper" };

    internal static ImageFacts Facts { get; } = new("1", "0f588cda-4d4b-450a-a86a-7f26dc278318", 1 << 30, 1, Watchers: null);

    private static readonly HyperTag _tag = HyperTag.Of(
        _spec, new PreparedImage(1 << 30, "ext4", "admin", new Secret(Key), ["172.16.4.101:6789", "172.16.4.102:6789"]) { Facts = HyperTagTests.Facts });

    [Fact]
    public void The_bytes_are_those_frakti_has_always_read() =>
        Assert.Equal(
            $$$"""{"cephRBDOptsData":{"volumeID":"vol1","pool":"hyper","fsType":"ext4","user":"admin","keyring":"{{{Key}}}","monitors":["172.16.4.101:6789","172.16.4.102:6789"]}}""",
            Encoding.UTF8.GetString(_tag.ToJson()));

    [Fact]
    public void A_rados_namespace_goes_before_the_images_name()
    {
        VolumeSpec spec = _spec with { Namespace = "ns" };
        var tag = HyperTag.Of(spec, new PreparedImage(1, "ext4", "admin", null, []) { Facts = HyperTagTests.Facts });
        Assert.Equal("ns/vol1", tag.VolumeId);
        Assert.Null(tag.DifferenceFrom(spec, "admin"));
        Assert.Contains("image", tag.DifferenceFrom(_spec, "admin"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_key_the_field_is_empty() =>
        Assert.Contains("\"keyring\":\"\",\"monitors\":[]", Encoding.UTF8.GetString((_tag with { Keyring = null, Monitors = [] }).ToJson()), StringComparison.Ordinal);

    [Fact]
    public void What_was_written_is_read_back()
    {
        HyperTag read = HyperTag.TryParse(_tag.ToJson())!;
        Assert.Equal(_tag with { Monitors = read.Monitors }, read);
        Assert.Equal(_tag.Monitors, read.Monitors);
    }

    [Fact]
    public void The_original_drivers_tag_is_read()
    {
        HyperTag tag = HyperTag.TryParse(Encoding.UTF8.GetBytes(
            $$$"""{"cephRBDOptsData":{"volumeID":"vol1","pool":"hyper","fsType":"","user":"admin","keyring":"{{{Key}}}","monitors":["172.16.4.101:6789"]}}"""))!;
        Assert.Equal(("vol1", "hyper", "", "admin", Key), (tag.VolumeId, tag.Pool, tag.FsType, tag.User, tag.Keyring!.Reveal()));
        Assert.Null(tag.DifferenceFrom(_spec, "admin"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"cephRBDOptsData":null}""")]
    [InlineData("""{"cephRBDOptsData":{"volumeID":1}}""")]
    [InlineData("""{"cephRBDOptsData":{"volumeID":"v","monitors":[1]}}""")]
    public void What_is_no_whole_tag_is_none(string text) => Assert.Null(HyperTag.TryParse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Missing_fields_are_empty()
    {
        HyperTag tag = HyperTag.TryParse("""{"cephRBDOptsData":{"volumeID":"v"}}"""u8)!;
        Assert.Equal(("v", "", "", "", null), (tag.VolumeId, tag.Pool, tag.FsType, tag.User, tag.Keyring));
        Assert.Empty(tag.Monitors);
    }

    [Fact]
    public void The_same_volume_has_no_difference_even_with_a_new_key() =>
        Assert.Null((_tag with { Keyring = new Secret("other") }).DifferenceFrom(_spec, "admin"));

    [Theory]
    [InlineData("vol2", "hyper", "admin", "ext4", "image \"vol1\", not \"vol2\"")]
    [InlineData("vol1", "other", "admin", "ext4", "pool \"hyper\", not \"other\"")]
    [InlineData("vol1", "hyper", "bob", "ext4", "user \"admin\", not \"bob\"")]
    [InlineData("vol1", "hyper", "admin", "xfs", "fsType \"ext4\", not \"xfs\"")]
    public void Each_difference_is_named(string image, string pool, string user, string fsType, string difference) =>
        Assert.Equal(difference, _tag.DifferenceFrom(_spec with { Image = image, Pool = pool, FsType = fsType }, user));

    [Fact]
    public void A_tags_text_does_not_show_the_key() => Assert.DoesNotContain(Key, _tag.ToString(), StringComparison.Ordinal);
}
