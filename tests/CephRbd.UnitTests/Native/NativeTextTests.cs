using CephRbd.Native;

namespace CephRbd.UnitTests.Native;

public class NativeTextTests
{
    [Fact]
    public void Text_ends_at_the_first_nul_or_the_end()
    {
        Assert.Equal("böse", NativeText.UpToNul("böse\0rest"u8));
        Assert.Equal("all", NativeText.UpToNul("all"u8));
        Assert.Equal("", NativeText.UpToNul(""u8));
    }

    [Fact]
    public void Lists_are_split_at_each_nul()
    {
        Assert.Equal(["a", "", "c"], NativeText.SplitNulEnded("a\0\0c\0"u8));
        Assert.Equal(["a"], NativeText.SplitNulEnded("a\0cut off"u8));
        Assert.Empty(NativeText.SplitNulEnded(""u8));
    }

    [Fact]
    public void Lists_stop_where_stale_bytes_begin() =>
        Assert.Equal(["a", "b"], NativeText.SplitNulEnded("a\0b\0stale\0"u8, 2));

    [Fact]
    public void A_nul_in_a_name_is_refused_without_repeating_the_name()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => NativeText.Checked("vol\0evil", "name"));

        Assert.DoesNotContain("evil", error.Message, StringComparison.Ordinal);
        Assert.Equal("vol", NativeText.Checked("vol", "name"));
    }
}
