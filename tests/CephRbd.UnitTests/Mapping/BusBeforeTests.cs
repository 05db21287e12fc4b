using CephRbd.Driver.Mapping;
using CephRbd.UnitTests.Mounting;

namespace CephRbd.UnitTests.Mapping;

public sealed class BusBeforeTests : IDisposable
{
    private static readonly ImageIdentity _image = new("hyper", null, "vol1", null) { ClusterFsid = HostNode.Fsid };

    private readonly HostNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_device_with_a_new_number_is_found_beside_others()
    {
        _node.Map(3, image: "other");
        BusBefore before = new(_node.Bus, _image);
        Assert.Null(before.FindNew());
        _node.Map(4, image: "another");
        _node.Map(5);
        Assert.Equal(5, before.FindNew()?.Id);
    }

    [Fact]
    public void A_device_with_the_number_of_one_that_was_unmapped_meanwhile_is_found()
    {
        _node.Map(3, image: "other");
        _node.Map(4, image: "another");
        BusBefore before = new(_node.Bus, _image);
        _node.Map(3);
        Assert.Equal(3, before.FindNew()?.Id);
    }

    [Fact]
    public void A_device_of_the_image_that_was_there_before_is_not_new()
    {
        _node.Map(3);
        BusBefore before = new(_node.Bus, _image);
        Assert.Null(before.FindNew());
        _node.Map(5);
        Assert.Equal(5, before.FindNew()?.Id);
    }

    [Fact]
    public void A_device_that_a_kernel_does_not_tell_the_cluster_of_is_not_taken_for_the_new_one_and_its_number_may_become_ours()
    {
        _node.Map(3, fsid: null, imageId: "20bb");
        BusBefore before = new(_node.Bus, _image);
        Assert.Null(before.FindNew());
        _node.Map(3, fsid: null, imageId: "10aa");
        Assert.Equal(3, before.FindNew()?.Id);
    }
}
