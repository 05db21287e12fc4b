using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Mapping;

public class KrbdFeaturesTests
{
    [Theory]
    [InlineData("0x1bf\n", 0x1bfUL)]
    [InlineData("0x1", 1UL)]
    [InlineData(" 0X5 \n", 5UL)]
    [InlineData("0xffffffffffffffff", ulong.MaxValue)]
    [InlineData("", null)]
    [InlineData("61", null)]
    [InlineData("0x", null)]
    [InlineData("0x 1", null)]
    [InlineData("0x-1", null)]
    [InlineData("0x1ffffffffffffffff", null)]
    public void The_kernels_own_word_is_a_hexadecimal_number(string text, ulong? features) => Assert.Equal(features, KrbdFeatures.ParseSupported(text));

    [Fact]
    public void Hostile_text_never_fails() => Hostile.Feed(["0x", "1ff", "\n"], text => KrbdFeatures.ParseSupported(text));

    [Theory]
    [InlineData("3.9", 0UL)]
    [InlineData("3.10", 1UL)]
    [InlineData("3.10.0", 1UL)]
    [InlineData("4.4.0", 1UL)]
    [InlineData("4.8.17", 1UL)]
    [InlineData("4.9", 5UL)]
    [InlineData("4.11", 133UL)]
    [InlineData("4.16", 389UL)]
    [InlineData("4.17", 391UL)]
    [InlineData("5.0", 391UL)]
    [InlineData("5.1", 423UL)]
    [InlineData("5.3", 447UL)]
    [InlineData("6.1.0", 447UL)]
    public void A_kernel_is_known_by_its_release(string kernel, ulong features) =>
        Assert.Equal(features, KrbdFeatures.ByKernel(Version.Parse(kernel)));

    [Theory]
    [InlineData(0UL, 1UL)]
    [InlineData(1UL, 1UL)]
    [InlineData(1 + 8 + 16 + 32UL, 1UL)]
    [InlineData(5UL, 5UL)]
    [InlineData(5 + 32UL, 5 + 32UL)]
    [InlineData(5 + 16UL, 5UL)]
    [InlineData(5 + 8UL, 5 + 8UL)]
    [InlineData(391UL, 5UL)]
    [InlineData(447UL, 61UL)]
    [InlineData(ulong.MaxValue, 61UL)]
    public void New_images_get_the_most_that_works_together(ulong supported, ulong features)
    {
        Assert.Equal(features, KrbdFeatures.ForNewImages(supported));
        Assert.True(ImageFeatureNames.TryParse($"{features}", out _, out _));
    }

    [Theory]
    [InlineData(0x38UL, 61UL, "deep-flatten,fast-diff,object-map")]
    [InlineData(60UL, 61UL, "deep-flatten,fast-diff,object-map,exclusive-lock")]
    [InlineData(4UL, 61UL, "fast-diff,object-map,exclusive-lock")]
    [InlineData(4UL, 5UL, "exclusive-lock")]
    [InlineData(4UL, 127UL, "journaling,fast-diff,object-map,exclusive-lock")]
    [InlineData(8UL, 127UL, "fast-diff,object-map")]
    [InlineData(8UL, 13UL, "object-map")]
    [InlineData(64UL, 127UL, "journaling")]
    [InlineData(0x40 + 256UL, 127UL, "journaling")]
    public void What_needs_a_feature_goes_with_it(ulong unsupported, ulong image, string features)
    {
        Assert.True(KrbdFeatures.CanDisable(unsupported & image));
        Assert.Equal($"rbd feature disable hyper/vol1 {features}", KrbdFeatures.DisableLine("hyper/vol1", unsupported, image));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(128UL)]
    [InlineData(256UL)]
    [InlineData(512UL)]
    [InlineData(4 + 128UL)]
    [InlineData(1UL << 40)]
    public void Some_features_stay_for_the_images_life(ulong unsupported)
    {
        Assert.False(KrbdFeatures.CanDisable(unsupported));
        Assert.Null(KrbdFeatures.DisableLine("hyper/vol1", unsupported, ulong.MaxValue));
    }

    [Fact]
    public void Nothing_to_disable_gives_no_command()
    {
        Assert.Null(KrbdFeatures.DisableLine("hyper/vol1", 0, 61));
        Assert.Null(KrbdFeatures.DisableLine("hyper/vol1", 64, 61));
    }

    [Theory]
    [InlineData("p/ns/a@b", "p/ns/a@b")]
    [InlineData("p/a b", "'p/a b'")]
    [InlineData("p/a;reboot", "'p/a;reboot'")]
    [InlineData("p/it's", "'p/it'\\''s'")]
    [InlineData("p/é", "'p/é'")]
    public void The_command_is_safe_to_paste(string spec, string shown) =>
        Assert.Equal($"rbd feature disable {shown} journaling", KrbdFeatures.DisableLine(spec, 64, 64));

    [Theory]
    [InlineData(0UL, "none")]
    [InlineData(61UL, "layering,exclusive-lock,object-map,fast-diff,deep-flatten")]
    [InlineData(256UL, "operations")]
    [InlineData(64 + 512 + 1024 + 2048UL, "journaling,migrating,non-primary,dirty-cache")]
    [InlineData(1 + 4096UL + 8192UL, "layering,0x3000")]
    [InlineData(1UL << 63, "0x8000000000000000")]
    public void Features_are_shown_by_their_names(ulong features, string names) => Assert.Equal(names, ImageFeatureNames.Names(features));
}
