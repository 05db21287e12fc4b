using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class WriterTests
{
    [Theory]
    [InlineData("n1", "m1", "uid", "/pods/1")]
    [InlineData("n 1", "", "a b", "/pods/ü %20")]
    [InlineData("n1", "m1", null, null)]
    [InlineData("n1", "", null, "/mnt")]
    public void A_tag_is_read_as_it_was_written(string node, string machine, string? uid, string? dir)
    {
        var writer = new Writer(node, machine, uid, dir);
        Assert.Equal(writer, Writer.FromTag(writer.Tag));
    }

    [Theory]
    [InlineData("")]
    [InlineData("n1")]
    [InlineData(" m uid dir")]
    [InlineData("n m uid dir more")]
    public void Other_text_is_no_tag(string tag) => Assert.Null(Writer.FromTag(tag));

    [Fact]
    public void What_people_read_does_not_make_another_writer() =>
        Assert.True(new Writer("n1", "m1", "uid", "/d").Is(new Writer("n1", "m1", "uid", "/d") { Boot = "b", Pod = "p" }));

    [Fact]
    public void Node_pod_and_dir_each_make_another_writer()
    {
        var writer = new Writer("n1", "m1", "uid", "/d");
        Assert.False(writer.Is(writer with { Node = "n2" }));
        Assert.False(writer.Is(writer with { Machine = "m2" }));
        Assert.False(writer.Is(writer with { PodUid = "other" }));
        Assert.False(writer.Is(writer with { Dir = "/e" }));
    }

    [Fact]
    public void What_a_pod_made_up_moves_no_terminals_cursor() =>
        Assert.DoesNotContain('\u001b', new Writer("n1", "m1", "\u001b[2J", null) { Pod = "a/\u001b]0;x" }.ToString());

    [Fact]
    public void Only_two_known_boots_differ()
    {
        var now = new Writer("n1", "m1", null, null) { Boot = "now" };
        Assert.True(now.HasRebootedSince("then"));
        Assert.False(now.HasRebootedSince("now"));
        Assert.False(now.HasRebootedSince(""));
        Assert.False((now with { Boot = "" }).HasRebootedSince("then"));
    }
}
