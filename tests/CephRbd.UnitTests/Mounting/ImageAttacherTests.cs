using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;
using Moq;

namespace CephRbd.UnitTests.Mounting;

/// <summary>Decisions about devices that are mapped already, on a made-up bus.</summary>
public sealed class ImageAttacherTests : IDisposable
{
    private readonly HostNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_mapping_of_the_same_cluster_is_found_without_asking_it()
    {
        _node.Map(7, image: "other");
        _node.Map(8, pool: "other");
        _node.Map(9, fsid: "11111111-2222-3333-4444-555555555555");
        _node.Map(10, image: "vol1");
        Assert.Equal(10, _node.Attacher.FindMapped(HostNode.Spec)?.Id);
        Assert.Null(_node.Attacher.FindMapped(HostNode.Spec with { Image = "vol2" }));
        Assert.Null(_node.Attacher.FindMapped(HostNode.Spec with { Namespace = "ns" }));
    }

    [Fact]
    public void Where_the_kernel_does_not_tell_the_cluster_the_images_id_decides()
    {
        _node.Map(3, fsid: null, imageId: "10bb");
        _node.Map(4, fsid: null, imageId: "10aa");
        _node.Images.Setup(images => images.Find(HostNode.Spec)).Returns(new ImageFacts("10aa", HostNode.Fsid, 1 << 30, 1, null));
        Assert.Equal(4, _node.Attacher.FindMapped(HostNode.Spec)?.Id);
        _node.Images.Verify(images => images.Find(HostNode.Spec), Times.Once);
    }

    [Fact]
    public void A_mapping_of_an_image_made_anew_is_not_taken()
    {
        _node.Map(3, fsid: null, imageId: "10bb");
        _node.Images.Setup(images => images.Find(HostNode.Spec)).Returns(new ImageFacts("10aa", HostNode.Fsid, 1 << 30, 1, null));
        Assert.Null(_node.Attacher.FindMapped(HostNode.Spec));
    }

    [Fact]
    public void A_mapping_of_an_image_that_is_gone_is_told()
    {
        _node.Map(3, fsid: null);
        _node.Images.Setup(images => images.Find(HostNode.Spec)).Returns((ImageFacts?)null);
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Attacher.FindMapped(HostNode.Spec));
        Assert.Contains("does not exist, yet /dev/rbd3", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_device_that_is_mounted_is_taken_as_it_is_and_never_taken_away(bool force)
    {
        _node.Config = _node.Config with { ForceUnmap = force };
        using var loop = new MountedLoop(_node);
        _node.Map(4001, loop.Major, loop.Minor);
        VolumeSpec larger = HostNode.Spec with { SizeBytes = 1UL << 50 };
        Assert.Equal(4001, UndoStack.Guard(undo => _node.Attacher.Attach(larger, undo)).Device.Id);
        VolumeException e = Assert.Throws<VolumeException>(() => UndoStack.Guard(undo => _node.Attacher.Attach(HostNode.Spec with { FsType = "xfs" }, undo)));
        Assert.Contains($"mounted at {_node["mnt"]}", e.Message, StringComparison.Ordinal);
        Assert.Contains("hyper/vol1", e.Message, StringComparison.Ordinal);
        Assert.Equal("", _node.Told("remove"));
        Assert.Contains(_node["mnt"], _node.Mounted);
    }

    [Fact]
    public void Features_for_new_images_are_the_volumes_then_the_configs()
    {
        _node.Images.Setup(images => images.AccessFromConf(It.IsAny<VolumeSpec>())).Returns((KernelAccess?)null);
        _node.Images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>())).Throws(new VolumeException("enough"));
        Assert.Equal(5UL, AskedFeatures(HostNode.Spec with { ImageFeatures = 5 }));
        _node.Config = _node.Config with { ImageFeatures = 9 };
        Assert.Equal(9UL, AskedFeatures(HostNode.Spec));
        _node.Config = _node.Config with { ImageFeatures = null };
        Assert.Null(AskedFeatures(HostNode.Spec with { Mapper = MapperKind.Nbd }));
        Directory.CreateDirectory(_node["bus"]);
        File.WriteAllText(_node["bus/supported_features"], "0x1\n");
        Assert.Equal(1UL, AskedFeatures(HostNode.Spec with { Mapper = MapperKind.Krbd }));
    }

    [Fact]
    public void Features_the_kernel_lacks_are_named_with_a_remedy()
    {
        Directory.CreateDirectory(_node["bus"]);
        File.WriteAllText(_node["bus/supported_features"], "0x1\n");
        VolumeSpec spec = HostNode.Spec with { Mapper = MapperKind.Krbd };
        _node.Images.Setup(images => images.AccessFromConf(It.IsAny<VolumeSpec>())).Returns((KernelAccess?)null);
        _node.Images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>())).Returns(new PreparedImage(1 << 30, "ext4", "admin", null, [])
        {
            Facts = new ImageFacts("10aa", HostNode.Fsid, 1 << 30, 61, null),
            KernelAccess = new KernelAccess("admin", null, ["127.0.0.1:6789"], false, HostNode.Fsid),
        });
        VolumeException e = Assert.Throws<VolumeException>(() => UndoStack.Guard(undo => _node.Attacher.Attach(spec, undo)));
        Assert.Contains("object-map", e.Message, StringComparison.Ordinal);
        Assert.Contains("rbd feature disable hyper/vol1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_attach_gives_its_reservation_up()
    {
        _node.Images.Setup(images => images.AccessFromConf(It.IsAny<VolumeSpec>())).Returns((KernelAccess?)null);
        _node.Images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>())).Throws(new VolumeException("enough"));
        Assert.Throws<VolumeException>(() => UndoStack.Guard(undo => _node.Attacher.Attach(HostNode.Spec, undo)));
        _node.Images.Verify(images => images.GiveUp(HostNode.Spec), Times.Once);
        _node.Images.Verify(images => images.ConfirmMapped(It.IsAny<VolumeSpec>()), Times.Never);
    }

    [Fact]
    public void What_was_unmapped_is_given_back_as_the_nodes_whatever_the_cluster_says()
    {
        _node.Images.Setup(images => images.Release(It.IsAny<VolumeSpec>(), It.IsAny<string?>(), It.IsAny<Writer>(), It.IsAny<TimeSpan>()))
            .Throws(new VolumeException("no monitor answered"));
        _node.Attacher.GiveBack("east", Mapped(readOnly: false));
        _node.Images.Verify(
            images => images.Release(
                It.Is<VolumeSpec>(spec => spec.ImageSpec == "hyper/vol1" && spec.Cluster == "east" && spec.Key == null), "10aa",
                It.Is<Writer>(writer => writer.Node == "node1" && writer.PodUid == null && writer.Dir == null), It.Is<TimeSpan>(patience => patience <= TimeSpan.FromSeconds(15))),
            Times.Once);
        Assert.Contains(_node.Notes, note => note.Contains("no monitor answered", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_mapped_for_reading_only_was_not_reserved()
    {
        _node.Attacher.GiveBack(null, Mapped(readOnly: true));
        _node.Config = _node.Config with { ReservationSeconds = 0 };
        _node.Attacher.GiveBack(null, Mapped(readOnly: false));
        _node.Images.Verify(images => images.Release(It.IsAny<VolumeSpec>(), It.IsAny<string?>(), It.IsAny<Writer>(), It.IsAny<TimeSpan>()), Times.Never);
    }

    private static MappedImage Mapped(bool readOnly) => new(
        MapperKind.Krbd, 7, new ImageIdentity("hyper", null, "vol1", null) { ImageId = "10aa" }, 250, 7, 1 << 30, readOnly);

    private ulong? AskedFeatures(VolumeSpec spec)
    {
        _node.Images.Invocations.Clear();
        Assert.Throws<VolumeException>(() => UndoStack.Guard(undo => _node.Attacher.Attach(spec, undo)));
        return _node.Images.Invocations.Where(call => call.Method.Name == nameof(IImages.Prepare)).Select(call => call.Arguments[0]).OfType<VolumeSpec>().Single().ImageFeatures;
    }

    /// <summary>A loop device with an ext4 mounted at <c>mnt</c>.</summary>
    private sealed class MountedLoop : IDisposable
    {
        private readonly LoopDevice _loop;
        private readonly string _place;

        public MountedLoop(HostNode node)
        {
            _loop = new LoopDevice(node["disk"], 16 << 20);
            _place = Directory.CreateDirectory(node["mnt"]).FullName;
            _loop.Format("ext4");
            Mounts.MountDevice(_loop.Path, _place, "ext4", MountFlags.None, null);
            (Major, Minor) = DeviceNodes.BlockDeviceAt(_loop.Path)!.Value;
        }

        public uint Major { get; }

        public uint Minor { get; }

        public void Dispose()
        {
            Mounts.Unmount(_place, lazy: false);
            _loop.Dispose();
        }
    }
}
