using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Mounting;

namespace CephRbd.UnitTests.Mapping;

/// <summary>On a made-up bus, whose control files take all and do nothing.</summary>
public sealed class KrbdMapperTests : IDisposable
{
    private readonly HostNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_device_whose_number_has_become_another_images_is_left_alone()
    {
        _node.Map(3);
        MappedImage device = _node.Bus.Read(3)!;
        _node.Map(3, image: "other");
        _node.Mappers.Unmap(device);
        Assert.Equal("", _node.Told("remove"));
    }

    [Fact]
    public void A_device_that_is_gone_is_fine()
    {
        string folder = _node.Map(3);
        MappedImage device = _node.Bus.Read(3)!;
        Directory.Delete(folder, recursive: true);
        _node.Mappers.Unmap(device);
        Assert.Equal("", _node.Told("remove"));
    }

    [Fact]
    public void A_device_that_stays_is_no_success()
    {
        _node.Map(3);
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Mappers.Unmap(_node.Bus.Read(3)!));
        Assert.Equal("3", _node.Told("remove"));
        Assert.Contains("hyper/vol1", e.Message, StringComparison.Ordinal);
        Assert.Contains("/dev/rbd3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_of_another_kind_is_told_in_words()
    {
        _node.Map(3);
        File.Delete(_node["bus/remove"]);
        File.CreateSymbolicLink(_node["bus/remove"], "/dev/full");
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Mappers.Unmap(_node.Bus.Read(3)!));
        Assert.Contains("image hyper/vol1: the kernel cannot unmap /dev/rbd3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_map_says_why_and_holds_no_key()
    {
        _node.Map(3, image: "other");
        File.Delete(_node["bus/add"]);
        File.CreateSymbolicLink(_node["bus/add"], "/dev/full");
        MapFailure e = Assert.Throws<MapFailure>(() => _node.Mappers.Krbd.Map(new ImageIdentity("hyper", null, "vol1", null), Access(), readOnly: false, ownClient: false));
        Assert.Equal(CephRbd.Native.Errno.NoSpace, e.Errno);
        Assert.Contains("image hyper/vol1: the kernel cannot map it", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_leaves_no_device_is_a_failure()
    {
        _node.Map(3);
        MapFailure e = Assert.Throws<MapFailure>(() => _node.Mappers.Krbd.Map(new ImageIdentity("hyper", null, "vol1", null), Access(), readOnly: true, ownClient: false));
        Assert.Contains("no device", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("127.0.0.1:6789 name=admin,ro,", _node.Told("add"), StringComparison.Ordinal);
        Assert.EndsWith(" hyper vol1 -", _node.Told("add"), StringComparison.Ordinal);
        Assert.Equal("", _node.Told("remove"));
    }

    [Fact]
    public void A_name_the_line_cannot_carry_is_refused_before_the_kernel_is_asked()
    {
        _node.Map(3);
        MapFailure e = Assert.Throws<MapFailure>(() => _node.Mappers.Krbd.Map(new ImageIdentity("hyper", null, "vol 1", null), Access(), readOnly: true, ownClient: false));
        Assert.Equal(CephRbd.Native.Errno.Invalid, e.Errno);
        Assert.Equal("", _node.Told("add"));
    }

    private static KernelAccess Access() => new("admin", null, ["127.0.0.1:6789"], false, HostNode.Fsid);
}
