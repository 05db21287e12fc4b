using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Guard;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Mounting;

namespace CephRbd.UnitTests.Mapping;

/// <summary>A made-up bus: the numbers are above those a machine has, so that no real block device has them.</summary>
public sealed class KrbdBusTests : IDisposable
{
    private static readonly HashSet<int> _none = [];

    private readonly HostNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Without_the_module_nothing_is_mapped()
    {
        Assert.False(_node.Bus.Exists);
        Assert.Empty(_node.Bus.Ids());
        Assert.Empty(_node.Bus.All());
        Assert.Null(_node.Bus.Read(0));
        Assert.Throws<LinuxException>(() => _node.Bus.Add("x"));
    }

    [Fact]
    public void A_device_is_read_with_the_buss_size_where_there_is_no_block_device()
    {
        _node.Map(4001, 250, 16);
        var identity = new ImageIdentity("hyper", null, "vol1", null) { ClusterFsid = HostNode.Fsid, ImageId = "10aa" };
        Assert.Equal(new MappedImage(MapperKind.Krbd, 4001, identity, 250, 16, 1 << 30, ReadOnly: false), _node.Bus.Read(4001));
        Assert.True(_node.Bus.Exists);
    }

    [Fact]
    public void Only_numbers_are_devices()
    {
        foreach (int id in (int[])[4010, 4002, 4001])
        {
            _node.Map(id);
        }

        foreach (string other in (string[])["rbd0", "-1", "+2", " 3", "0x4", "99999999999", "uevent"])
        {
            Directory.CreateDirectory(_node["bus/devices/" + other]);
        }

        Assert.Equal([4001, 4002, 4010], _node.Bus.Ids().Order());
        Assert.Equal([4001, 4002, 4010], _node.Bus.All().Select(device => device.Id));
    }

    [Theory]
    [InlineData("pool")]
    [InlineData("name")]
    [InlineData("current_snap")]
    [InlineData("major")]
    [InlineData("minor")]
    [InlineData("size")]
    public void A_device_that_is_coming_or_going_is_none(string missing)
    {
        File.Delete(Path.Combine(_node.Map(4001), missing));
        _node.Map(4002);
        Assert.Null(_node.Bus.Read(4001));
        Assert.Equal([4002], _node.Bus.All().Select(device => device.Id));
        Assert.Equal([4002], _node.Bus.Named("vol1", "hyper", _none).Select(device => device.Id));
    }

    [Fact]
    public void Devices_are_named_by_image_and_pool()
    {
        _node.Map(4001, image: "vol10");
        _node.Map(4002, pool: "hyper2");
        _node.Map(4003, fsid: "11111111-2222-3333-4444-555555555555");
        _node.Map(4004);
        Assert.Equal([4003, 4004], _node.Bus.Named("vol1", "hyper", _none).Select(device => device.Id));
        Assert.Equal([4004], _node.Bus.Named("vol1", "hyper", new HashSet<int> { 4003, 4001 }).Select(device => device.Id));
    }

    [Fact]
    public void The_control_files_for_one_shared_major_are_taken_where_they_are()
    {
        _node.Map(4001);
        _node.Bus.Add("line 1");
        _node.Bus.Remove(7, force: true);
        Assert.Equal(("line 1", "7 force"), (_node.Told("add"), _node.Told("remove")));

        File.WriteAllText(_node["bus/add_single_major"], "");
        File.WriteAllText(_node["bus/remove_single_major"], "");
        _node.Bus.Add("line 2");
        _node.Bus.Remove(8, force: false);
        Assert.Equal(("line 1", "7 force"), (_node.Told("add"), _node.Told("remove")));
        Assert.Equal(("line 2", "8"), (_node.Told("add_single_major"), _node.Told("remove_single_major")));
    }

    [Fact]
    public void A_write_that_takes_nothing_is_no_failure()
    {
        _node.Map(4001);
        Assert.Equal(0, Detached.Write(_node["bus/remove"], "", TimeSpan.FromSeconds(30), endLate: false));
    }

    [Fact]
    public void A_refusal_is_told_without_what_was_written()
    {
        _node.Map(4001);
        foreach (string control in (string[])["add", "remove"])
        {
            File.Delete(_node["bus/" + control]);
            File.CreateSymbolicLink(_node["bus/" + control], "/dev/full");
        }

        LinuxException e = Assert.Throws<LinuxException>(() => _node.Bus.Add("secret=swordfish"));
        Assert.Equal(Errno.NoSpace, e.Errno);
        Assert.DoesNotContain("swordfish", e.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.NoSpace, Assert.Throws<LinuxException>(() => _node.Bus.Remove(4001, force: false)).Errno);
    }

    [Fact]
    public void A_refresh_is_written_to_the_device()
    {
        string folder = _node.Map(4001);
        File.WriteAllText(Path.Combine(folder, "refresh"), "");
        _node.Bus.Refresh(4001);
        Assert.Equal("1", File.ReadAllText(Path.Combine(folder, "refresh")));
        Assert.Equal(Errno.NoEntry, Assert.Throws<LinuxException>(() => _node.Bus.Refresh(4002)).Errno);
    }

    [Fact]
    public void The_kernels_features_are_its_own_word_or_its_versions()
    {
        Directory.CreateDirectory(_node["bus"]);
        Assert.Equal(KrbdFeatures.ByKernel(Environment.OSVersion.Version), _node.Bus.SupportedFeatures);
        File.WriteAllText(_node["bus/supported_features"], "0x1b7\n");
        Assert.Equal(0x1b7UL, _node.Bus.SupportedFeatures);
        File.WriteAllText(_node["bus/supported_features"], "junk\n");
        Assert.Equal(KrbdFeatures.ByKernel(Environment.OSVersion.Version), _node.Bus.SupportedFeatures);
    }
}
