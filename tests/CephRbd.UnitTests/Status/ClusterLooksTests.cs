using System.Collections.Concurrent;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;
using Moq;

namespace CephRbd.UnitTests.Status;

public sealed class ClusterLooksTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentBag<string> _connections = [];
    private readonly Mock<IImages> _images = new(MockBehavior.Strict);
    private readonly ManualResetEventSlim _end = new();

    public ClusterLooksTests() => _images
        .Setup(images => images.LookAt(It.IsAny<IReadOnlyList<VolumeSpec>>(), It.IsAny<Action<int, ImageLook>>()))
        .Callback((IReadOnlyList<VolumeSpec> specs, Action<int, ImageLook> seen) =>
        {
            _connections.Add($"{specs[0].Cluster}/{specs[0].User}: {string.Join(' ', specs.Select(spec => spec.Image))}");
            for (int i = 0; i < specs.Count; i++)
            {
                switch (specs[i].Image)
                {
                    case "hangs":
                        _end.Wait(_patience);
                        break;
                    case "fails":
                        throw new VolumeException($"image hyper/{specs[0].Image}: no monitor answered,\nkey={Node.Key}");
                    case "untold":
                        seen(i, Node.Untold($"rbd status did not tell:\nkey={Node.Key}"));
                        break;
                    default:
                        seen(i, Node.Look("client.1 at " + specs[i].Image));
                        break;
                }
            }
        });

    public void Dispose()
    {
        _end.Set();
        _end.Dispose();
    }

    [Fact]
    public void Volumes_of_one_cluster_user_and_key_share_a_connection()
    {
        IReadOnlyList<VolumeStatus> volumes = Add(_patience, Volume("a"), Volume("b"), Volume("c", "second"), Volume("d", user: "kube"), Volume("e", user: "admin"));
        Assert.Equal(["/: a b e", "/kube: d", "second/: c"], _connections.Order(StringComparer.Ordinal));
        Assert.All(volumes, volume => Assert.Equal(["client.1 at " + volume.Ask!.Image], volume.Look!.Facts!.Watchers!));
    }

    [Fact]
    public void Who_cannot_be_asked_says_why_without_a_key_and_spoils_no_other()
    {
        IReadOnlyList<VolumeStatus> volumes = Add(_patience, Volume("a"), Volume("fails"), Volume("c", "second"));
        Assert.NotNull(volumes[0].Look!.Facts);
        Assert.Contains("no monitor answered", volumes[1].Look!.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Node.Key, volumes[1].Look!.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', volumes[1].Look!.Problem!);
        Assert.NotNull(volumes[2].Look!.Facts);
    }

    [Fact]
    public void Why_the_watchers_are_not_known_is_said_in_one_line_without_a_key()
    {
        string words = Add(_patience, Volume("untold"))[0].Look!.Facts!.WatchersUnknown!;
        Assert.Contains("rbd status did not tell", words, StringComparison.Ordinal);
        Assert.DoesNotContain(Node.Key, words, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', words);
    }

    [Fact]
    public void Who_hangs_is_waited_for_no_longer_than_told()
    {
        IReadOnlyList<VolumeStatus> volumes = Add(TimeSpan.FromMilliseconds(300), Volume("a"), Volume("hangs"), Volume("c"));
        Assert.NotNull(volumes[0].Look!.Facts);
        Assert.Contains("did not answer within 0.3 s", volumes[1].Look!.Problem, StringComparison.Ordinal);
        Assert.Contains("did not answer within 0.3 s", volumes[2].Look!.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_volumes_nobody_is_asked()
    {
        Assert.Empty(Add(_patience));
        Assert.Null(Add(_patience, Volume("a") with { Ask = null })[0].Look);
        Assert.Empty(_connections);
    }

    private IReadOnlyList<VolumeStatus> Add(TimeSpan patience, params VolumeStatus[] volumes) =>
        new ClusterLooks(_ => _images.Object, "admin").Add(volumes, patience);

    private static VolumeStatus Volume(string image, string? cluster = null, string? user = null) => VolumeList.Of(Node.Empty with { Tags = [Node.Tag("/x", image, cluster)] })[0] switch
    {
        var volume => volume with { Ask = volume.Ask! with { User = user, Key = user == "kube" ? new Secret("k") : null } },
    };
}
