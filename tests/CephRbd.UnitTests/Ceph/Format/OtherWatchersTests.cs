using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Rbd;

namespace CephRbd.UnitTests.Ceph.Format;

public sealed class OtherWatchersTests : IDisposable
{
    private static readonly RbdWatcher _other = new("172.16.4.102:0/1", 4123, 1);
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));
    private readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper", FsType = "ext4" };

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public void Nobody_else_is_no_wait()
    {
        int asked = 0;
        OtherWatchers.WaitUntilGone(() => { asked++; return []; }, _spec, _deadline);
        Assert.Equal(1, asked);
    }

    [Fact]
    public void Another_client_is_waited_for()
    {
        int asked = 0;
        OtherWatchers.WaitUntilGone(() => ++asked < 3 ? [_other] : [], _spec, _deadline);
        Assert.Equal(3, asked);
    }

    [Fact]
    public void Who_stays_is_named_before_the_calls_time_is_over()
    {
        using var hurry = new Deadline(TimeSpan.FromMilliseconds(1200));
        string words = Assert.Throws<VolumeException>(() => OtherWatchers.WaitUntilGone(() => [_other], _spec, hurry)).Message;
        Assert.Contains("client.4123 at 172.16.4.102:0/1", words, StringComparison.Ordinal);
        Assert.Contains("hyper/vol1", words, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nobody_can_tell_the_image_is_not_formatted()
    {
        string words = Assert.Throws<VolumeException>(
            () => OtherWatchers.WaitUntilGone(() => throw new VolumeException("no rbd here"), _spec, _deadline)).Message;
        Assert.Contains("image hyper/vol1 holds no file system, and it is not formatted", words, StringComparison.Ordinal);
        Assert.Contains("no rbd here", words, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_the_calls_time_stays_what_it_is() => Assert.Throws<DeadlineException>(
        () => OtherWatchers.WaitUntilGone(() => throw new DeadlineException("too late"), _spec, _deadline));
}
