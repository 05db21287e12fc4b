using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Ceph.Format;

public class FormatMarkTests
{
    [Fact]
    public void What_was_written_is_read_back()
    {
        var mark = new FormatMark("ext4", "0b1f8c5e-6b4f-4f0e-9d6b-1f5f0a1c2d3e", "node \"1\"", new DateTimeOffset(2024, 2, 29, 12, 0, 0, 123, TimeSpan.Zero));
        Assert.Equal(mark, FormatMark.Parse(mark.ToJson()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"fileSystem":"ext4","uuid":"u","node":"n"}""")]
    [InlineData("""{"fileSystem":"ext4","uuid":"u","node":"n","since":"yesterday"}""")]
    [InlineData("""{"fileSystem":"ext4","uuid":"u","node":"n","since":7}""")]
    [InlineData("""{"fileSystem":4,"uuid":"u","node":"n","since":"2024-02-29T12:00:00Z"}""")]
    public void Junk_is_no_mark_and_the_remedy_is_told(string text) =>
        Assert.Contains(
            "rbd image-meta remove <image> cephrbd.format",
            Assert.Throws<VolumeException>(() => FormatMark.Parse(text)).Message,
            StringComparison.Ordinal);
}
