using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class NearestTests
{
    [Theory]
    [InlineData("poool", "pool")]
    [InlineData("POOL", "pool")]
    [InlineData("opol", "pool")]
    [InlineData("volumeId", "volumeID")]
    [InlineData("volumID", "volumeID")]
    [InlineData("imageFeature", "imageFeatures")]
    public void A_slip_finds_the_word_meant(string word, string meant) =>
        Assert.Equal(meant, Nearest.Find(word, ["volumeID", "pool", "imageFeatures"]));

    [Theory]
    [InlineData("monitors")]
    [InlineData("")]
    [InlineData("p")]
    public void A_foreign_word_finds_none(string word) => Assert.Null(Nearest.Find(word, ["volumeID", "pool", "imageFeatures"]));

    [Fact]
    public void An_endless_word_is_not_measured() => Assert.Null(Nearest.Find(new string('x', 100_000), [new string('x', 99_999)]));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("abc", "acb", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_counts_edits(string a, string b, int edits) => Assert.Equal(edits, Nearest.Distance(a, b));
}
