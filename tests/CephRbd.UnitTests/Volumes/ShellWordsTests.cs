using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class ShellWordsTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  \t ", new string[0])]
    [InlineData("-b 4096", new[] { "-b", "4096" })]
    [InlineData(" -L  'a b' ", new[] { "-L", "a b" })]
    [InlineData("-L \"a 'b' \\\" \\\\ \\n\"", new[] { "-L", "a 'b' \" \\ \\n" })]
    [InlineData("a\\ b c\\'d", new[] { "a b", "c'd" })]
    [InlineData("'' \"\"", new[] { "", "" })]
    [InlineData("a'b'\"c\"d", new[] { "abcd" })]
    [InlineData("'a\\'", new[] { "a\\" })]
    [InlineData("$HOME `id` * ; | &", new[] { "$HOME", "`id`", "*", ";", "|", "&" })]
    public void Words_are_split_and_nothing_is_expanded(string line, string[] words)
    {
        Assert.True(ShellWords.TrySplit(line, out IReadOnlyList<string> read));
        Assert.Equal(words, read);
    }

    [Theory]
    [InlineData("'a")]
    [InlineData("\"a")]
    [InlineData("a\\")]
    [InlineData("\"a\\\"")]
    public void An_open_quote_is_refused(string line) => Assert.False(ShellWords.TrySplit(line, out _));
}
