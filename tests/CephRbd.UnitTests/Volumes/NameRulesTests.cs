using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class NameRulesTests
{
    [Theory]
    [InlineData("vol1")]
    [InlineData("a b")]
    [InlineData("pvc-0a.b_c")]
    [InlineData("卷😀")]
    [InlineData("...")]
    public void Plain_names_pass(string name) => Assert.Null(NameRules.Problem(name));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a/b", "\"/\"")]
    [InlineData("a@snap", "\"@\"")]
    [InlineData("a:id=other", "\":\"")]
    [InlineData("a\\b", "\"\\\"")]
    [InlineData("a\nb", "\\u000a")]
    [InlineData("a\0b", "\\u0000")]
    [InlineData("a\u0085b", "\\u0085")]
    [InlineData("-rf", "starts with")]
    [InlineData(".", "folder")]
    [InlineData("..", "folder")]
    public void Dangerous_names_are_refused_with_the_reason(string name, string reason)
    {
        VolumeException e = Assert.Throws<VolumeException>(() => NameRules.Check("volumeID", name));
        Assert.StartsWith("option \"volumeID\" ", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        // Not theory data: attributes are stored as UTF-8, which has no form for these.
        Assert.Contains("surrogate", NameRules.Problem("a\ud800"), StringComparison.Ordinal);
        Assert.Contains("surrogate", NameRules.Problem("\udc00a"), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_measured_in_bytes()
    {
        Assert.Null(NameRules.Problem(new string('x', 255)));
        Assert.Contains("256", NameRules.Problem(new string('x', 256)), StringComparison.Ordinal);
        Assert.Contains("258", NameRules.Problem(new string('卷', 86)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("../x")]
    [InlineData("$cluster")]
    [InlineData("é")]
    [InlineData("")]
    [InlineData("-x")]
    public void A_cluster_is_a_plain_word(string name) =>
        Assert.Throws<VolumeException>(() => NameRules.CheckCluster("cluster", name));
}
