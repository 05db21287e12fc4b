using CephRbd.Driver.Release;

namespace CephRbd.UnitTests.Release;

public class ReleaseArgumentsTests
{
    [Fact]
    public void An_image_is_named_with_its_pool_and_namespace()
    {
        var read = ReleaseArguments.Parse(["hyper/ns/db", "--yes", "--user=client.bob", "--cluster", "east", "--config", "/c", "--shut-out"]);
        Assert.Null(read.Problem);
        Assert.Equal(("hyper", "ns", "db"), read.Image);
        Assert.True(read.Yes);
        Assert.True(read.ShutOut);
        Assert.Equal(("bob", "east", "/c"), (read.User, read.Cluster, read.ConfigFile));
    }

    [Fact]
    public void Nothing_is_done_unless_asked_for()
    {
        var read = ReleaseArguments.Parse(["hyper/db"]);
        Assert.Equal(("hyper", (string?)null, "db"), read.Image);
        Assert.False(read.Yes);
        Assert.False(read.ShutOut);
    }

    [Theory]
    [InlineData("no image is named")]
    [InlineData("no image", "db")]
    [InlineData("is no image", "a/b/c/d")]
    [InlineData("a name in it", "hyper/")]
    [InlineData("a name in it", "hyper/d@b")]
    [InlineData("unknown argument", "hyper/db", "hyper/dc")]
    [InlineData("unknown argument", "--force", "hyper/db")]
    [InlineData("unknown argument", "--yes=1", "hyper/db")]
    [InlineData("--config needs a file", "--config")]
    [InlineData("--user", "--user", "a/b", "hyper/db")]
    [InlineData("--cluster", "--cluster", "../x", "hyper/db")]
    public void What_is_wrong_is_said(string problem, params string[] words) =>
        Assert.Contains(problem, ReleaseArguments.Parse(words).Problem, StringComparison.Ordinal);
}
