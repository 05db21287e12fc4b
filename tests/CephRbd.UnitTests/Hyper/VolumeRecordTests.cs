using System.Text;
using System.Text.Json;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Hyper;

public class VolumeRecordTests
{
    private static readonly VolumeSpec _spec = new()
    {
        Image = "vol1",
        Pool = "hyper",
        Namespace = "ns",
        VolumeName = "pv1",
        Key = new Secret("swordfish"),
        Pod = new PodIdentity("web", "default", "uid-1", "sa"),
    };

    [Fact]
    public void It_tells_whose_volume_it_is_and_no_secret()
    {
        byte[] record = VolumeRecord.ToJson(_spec, null);
        using var json = JsonDocument.Parse(record);
        string? Text(string name) => json.RootElement.GetProperty(name).GetString();
        Assert.Equal(
            ("hyper/ns/vol1", "", "rw", "pv1", "default", "web", "uid-1"),
            (Text("image"), Text("cluster"), Text("access"), Text("volume"), Text("podNamespace"), Text("podName"), Text("podUid")));
        Assert.InRange(json.RootElement.GetProperty("mounted").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.DoesNotContain("swordfish", Encoding.UTF8.GetString(record), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_pod_it_is_written_all_the_same() =>
        Assert.Null(VolumeRecord.DifferenceFrom(VolumeRecord.ToJson(_spec with { Pod = null, VolumeName = null }, null), _spec));

    [Fact]
    public void The_same_volume_has_no_difference() =>
        Assert.Null(VolumeRecord.DifferenceFrom(VolumeRecord.ToJson(_spec, null), _spec));

    [Fact]
    public void Another_access_is_a_difference() =>
        Assert.Equal("access \"rw\", not \"ro\"", VolumeRecord.DifferenceFrom(VolumeRecord.ToJson(_spec, null), _spec with { ReadOnly = true }));

    [Theory]
    [InlineData(null, "b", "cluster \"\", not \"b\"")]
    [InlineData("a", "b", "cluster \"a\", not \"b\"")]
    [InlineData("a", null, "cluster \"a\", not \"\"")]
    public void Another_cluster_is_a_difference(string? stands, string? asked, string difference) =>
        Assert.Equal(difference, VolumeRecord.DifferenceFrom(VolumeRecord.ToJson(_spec with { Cluster = stands }, null), _spec with { Cluster = asked }));

    [Fact]
    public void No_record_tells_nothing() => Assert.Null(VolumeRecord.DifferenceFrom([], _spec));

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"access":1}""")]
    public void A_damaged_record_is_a_difference(string record) =>
        Assert.Contains("damaged", VolumeRecord.DifferenceFrom(Encoding.UTF8.GetBytes(record), _spec), StringComparison.Ordinal);
}
