using CephRbd.Driver.Mapping;
using CephRbd.Driver.Mounting;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Mounting;

public sealed class AttachRecordsTests : IDisposable
{
    private static readonly ImageIdentity _image = new("hyper", null, "vol1", null);

    private readonly HostNode _node = new();

    private string Folder => _node["run/attached"];

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData("pv1")]
    [InlineData("..")]
    [InlineData("../../etc/passwd")]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("a b\n\"'\\%2F")]
    [InlineData("päckchen-\U0001F4BE")]
    public void A_record_comes_back_whatever_the_volume_is_called(string volume)
    {
        var record = new AttachRecords.Record(volume, "backup", _image with { Namespace = "ns" });
        _node.Records.Write(record);
        Assert.Equal(record, _node.Records.Find(volume));
        Assert.Equal([record], _node.Records.All());
        string file = Assert.Single(Directory.GetFiles(_node["run"], "*", SearchOption.AllDirectories));
        Assert.Equal(Folder, Path.GetDirectoryName(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        _node.Records.Remove(volume);
        _node.Records.Remove(volume);
        Assert.Null(_node.Records.Find(volume));
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public void Long_names_are_told_apart()
    {
        string[] volumes = [new('v', 200), new('v', 253), new string('v', 252) + "w", new('/', 100), new('\u00e9', 4000)];
        foreach (string volume in volumes)
        {
            _node.Records.Write(new AttachRecords.Record(volume, null, _image));
        }

        Assert.Equal(volumes.Length, _node.Records.All().Count);
        Assert.All(volumes, volume => Assert.Equal(volume, _node.Records.Find(volume)?.Volume));
    }

    [Fact]
    public void A_second_record_of_a_volume_replaces_the_first()
    {
        _node.Records.Write(new AttachRecords.Record("pv1", null, _image));
        _node.Records.Write(new AttachRecords.Record("pv1", null, _image with { Image = "vol2" }));
        Assert.Equal("vol2", Assert.Single(_node.Records.All()).Image.Image);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"volume":"pv1","pool":"hyper"}""")]
    [InlineData("""{"volume":"pv1","pool":7,"image":"vol1"}""")]
    [InlineData("""{"volume":"pv2","pool":"hyper","image":"vol1"}""")]
    [InlineData("\0\uFFFF")]
    public void What_is_no_record_of_the_volume_is_none(string text)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "v-pv1.json"), text);
        Assert.Null(_node.Records.Find("pv1"));
        Assert.True(_node.Records.All().Count <= 1);
    }

    [Fact]
    public void Files_of_a_write_that_was_cut_off_are_no_records()
    {
        _node.Records.Write(new AttachRecords.Record("pv1", null, _image));
        File.WriteAllText(Path.Combine(Folder, ".v-pv2.json.0a1b"), """{"volume":"pv2","pool":"hyper","image":"vol1"}""");
        Assert.Equal(["pv1"], _node.Records.All().Select(record => record.Volume));
    }

    [Fact]
    public void Without_a_folder_nothing_is_attached()
    {
        Assert.Null(_node.Records.Find("pv1"));
        Assert.Empty(_node.Records.All());
        Assert.False(_node.Records.Keep(_image));
        _node.Records.Remove("pv1");
        Assert.False(Directory.Exists(_node["run"]));
    }

    [Fact]
    public void An_attached_image_is_kept_in_doubt_too()
    {
        _node.Records.Write(new AttachRecords.Record("pv1", null, _image));
        Assert.True(_node.Records.Keep(_image));
        Assert.True(_node.Records.Keep(_image with { ClusterFsid = HostNode.Fsid, ImageId = "10aa" }));
        Assert.False(_node.Records.Keep(_image with { Image = "vol2" }));
        Assert.False(_node.Records.Keep(_image with { Pool = "other" }));
        Assert.False(_node.Records.Keep(_image with { Namespace = "ns" }));
        Assert.False(_node.Records.Keep(_image with { Snapshot = "s" }));
    }

    [Fact]
    public void A_folder_that_cannot_be_used_is_told_in_words()
    {
        File.WriteAllText(_node["run"], "");
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Records.Write(new AttachRecords.Record("pv1", null, _image)));
        Assert.Contains(Folder, e.Message, StringComparison.Ordinal);
        File.Delete(_node["run"]);
        Directory.CreateDirectory(Path.Combine(Folder, "v-pv1.json"));
        Assert.Throws<VolumeException>(() => _node.Records.Find("pv1"));
        Assert.Throws<VolumeException>(() => _node.Records.Remove("pv1"));
        Assert.Throws<VolumeException>(() => _node.Records.Write(new AttachRecords.Record("pv1", null, _image)));
    }
}
