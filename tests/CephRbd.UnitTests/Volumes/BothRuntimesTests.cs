using CephRbd.Driver.Volumes;
using Moq;

namespace CephRbd.UnitTests.Volumes;

public sealed class BothRuntimesTests
{
    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper" };

    private readonly Mock<IVolumeRuntime> _inForce = new(MockBehavior.Strict);
    private readonly Mock<IVolumeRuntime> _other = new(MockBehavior.Strict);

    private int _made;

    private BothRuntimes Both => new(_inForce.Object, () =>
    {
        _made++;
        return _other.Object;
    });

    [Fact]
    public void What_begins_is_done_by_the_one_in_force_alone()
    {
        _inForce.Setup(r => r.Capabilities).Returns(Capabilities.MountOnly);
        _inForce.Setup(r => r.Attach(_spec, "n")).Returns("dev");
        _inForce.Setup(r => r.WaitForAttach("dev", _spec)).Returns("dev2");
        _inForce.Setup(r => r.IsAttached(_spec, "n")).Returns(true);
        _inForce.Setup(r => r.MountDevice("/dir", "dev", _spec));
        _inForce.Setup(r => r.Mount("/dir", _spec));
        _inForce.Setup(r => r.ExpandVolume(_spec, 5)).Returns(6);
        _inForce.Setup(r => r.ExpandFileSystem(_spec, "dev", "/dir"));
        Assert.Equal(Capabilities.MountOnly, Both.Capabilities);
        Assert.Equal("dev", Both.Attach(_spec, "n"));
        Assert.Equal("dev2", Both.WaitForAttach("dev", _spec));
        Assert.True(Both.IsAttached(_spec, "n"));
        Both.MountDevice("/dir", "dev", _spec);
        Both.Mount("/dir", _spec);
        Assert.Equal(6UL, Both.ExpandVolume(_spec, 5));
        Both.ExpandFileSystem(_spec, "dev", "/dir");
        _inForce.VerifyAll();
        _other.VerifyNoOtherCalls();
        Assert.Equal(0, _made);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_taken_away_is_taken_by_who_mounted_it(bool others)
    {
        Mock<IVolumeRuntime> owner = others ? _other : _inForce;
        _other.Setup(r => r.Owns("/dir")).Returns(others);
        owner.Setup(r => r.Unmount("/dir"));
        owner.Setup(r => r.UnmountDevice("/dir"));
        Both.Unmount("/dir");
        Both.UnmountDevice("/dir");
        owner.Verify(r => r.Unmount("/dir"), Times.Once);
        owner.Verify(r => r.UnmountDevice("/dir"), Times.Once);
    }

    [Fact]
    public void A_volume_is_detached_whoever_attached_it()
    {
        _inForce.Setup(r => r.Detach("pv1", "n"));
        _other.Setup(r => r.Detach("pv1", "n"));
        Both.Detach("pv1", "n");
        _inForce.VerifyAll();
        _other.VerifyAll();
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public void A_dir_is_owned_by_either(bool inForce, bool other, bool owned)
    {
        _inForce.Setup(r => r.Owns("/dir")).Returns(inForce);
        _other.Setup(r => r.Owns("/dir")).Returns(other);
        Assert.Equal(owned, Both.Owns("/dir"));
    }
}
