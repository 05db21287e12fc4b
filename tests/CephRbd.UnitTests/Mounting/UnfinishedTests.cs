using CephRbd.Driver.Mounting;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Mounting;

public sealed class UnfinishedTests : IDisposable
{
    private readonly HostNode _node = new();

    private Unfinished Notes => new(_node.Config);

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData("/pods/a")]
    [InlineData("/pods/a/")]
    [InlineData("/pods/b/../a")]
    public void A_stage_is_remembered_for_a_dir_however_it_is_written(string dir)
    {
        Notes.Write("/pods/a", "hyper~~vol1");
        Assert.Equal("hyper~~vol1", Notes.Of(dir));
        Assert.Null(Notes.Of("/pods/ab"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(_node["run/unfinished"]))));
        Notes.Remove(dir);
        Notes.Remove(dir);
        Assert.Null(Notes.Of("/pods/a"));
        Assert.Empty(Directory.GetFileSystemEntries(_node["run/unfinished"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/pods/a\n")]
    [InlineData("/pods/a\n\n")]
    [InlineData("/pods/b\nhyper~~vol1\n")]
    [InlineData("/pods/a\n../../etc\n")]
    [InlineData("/pods/a\n.\n")]
    [InlineData("/pods/a\n/\n")]
    [InlineData("/pods/a\nhyper~~vol1\nmore\n")]
    [InlineData("\0")]
    public void What_names_no_stage_of_this_dir_is_nothing(string text)
    {
        Notes.Write("/pods/a", "hyper~~vol1");
        File.WriteAllText(Assert.Single(Directory.GetFiles(_node["run/unfinished"])), text);
        Assert.Null(Notes.Of("/pods/a"));
    }

    [Fact]
    public void A_dir_that_breaks_lines_is_never_taken_for_another()
    {
        Notes.Write("/pods/a\nb", "hyper~~vol1");
        Assert.Null(Notes.Of("/pods/a"));
    }

    [Fact]
    public void A_folder_that_cannot_be_used_is_told_in_words()
    {
        File.WriteAllText(_node["run"], "");
        VolumeException e = Assert.Throws<VolumeException>(() => Notes.Write("/pods/a", "hyper~~vol1"));
        Assert.Contains(_node["run/unfinished"], e.Message, StringComparison.Ordinal);
        Assert.Null(Notes.Of("/pods/a"));
        Assert.Throws<VolumeException>(() => Notes.Remove("/pods/a"));
    }
}
