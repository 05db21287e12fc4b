using CephRbd.Driver.Ceph;
using CephRbd.Driver.Volumes;
using CephRbd.Native;

namespace CephRbd.UnitTests.Ceph;

public class CephFailuresTests
{
    private const string Conf = "/etc/ceph/ceph.conf";

    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "rbdpool" };

    [Theory]
    [InlineData("rados_connect", Errno.TimedOut, "no monitor answered", Conf)]
    [InlineData("rados_connect", Errno.Access, "refused client.bob", "ceph auth get client.bob")]
    [InlineData("rados_connect", Errno.NotPermitted, "refused client.bob", "ceph auth get client.bob")]
    [InlineData("rados_connect", Errno.NoEntry, "no usable monitor", Conf)]
    [InlineData("rados_connect", Errno.NotSupported, "no way to authenticate", "auth_client_required")]
    [InlineData("rados_connect", Errno.Io, "cannot connect", Conf)]
    [InlineData("rados_conf_read_file", Errno.NoEntry, "no ceph.conf", Conf)]
    [InlineData("rados_conf_read_file", Errno.Invalid, "cannot be parsed", Conf)]
    [InlineData("rados_ioctx_create", Errno.NoEntry, "no pool \"rbdpool\"", "ceph osd pool create rbdpool")]
    [InlineData("rbd_open", Errno.NoEntry, "no such image", "rbdpool/vol1")]
    [InlineData("rbd_open_read_only", Errno.NoEntry, "no such image", "rbdpool/vol1")]
    [InlineData("rbd_create4", Errno.Invalid, "refused to create", "imageFeatures")]
    [InlineData("rbd_create4", Errno.NoEntry, "cannot be created", "dataPool")]
    [InlineData("rbd_create4", Errno.NotSupported, "does not know an option", "Ceph 12.2")]
    [InlineData("rados_lock_exclusive", Errno.Access, "client.bob may not", "ceph auth caps client.bob")]
    [InlineData("rbd_metadata_set", Errno.NotPermitted, "client.bob may not", "osd 'profile rbd pool=rbdpool'")]
    [InlineData("rbd_open", Errno.TimedOut, "did not answer", "ceph -s")]
    [InlineData("rbd_aio_write", Errno.NoSpace, "full", "ceph df")]
    [InlineData("rbd_aio_write", Errno.QuotaExceeded, "quota of pool \"rbdpool\"", "ceph osd pool get-quota rbdpool")]
    [InlineData("rbd_write", Errno.ReadOnly, "cannot be written", "rbd lock ls rbdpool/vol1")]
    [InlineData("rbd_write", Errno.ShutDown, "blocklisted", "ceph osd blocklist ls")]
    [InlineData("rbd_resize", Errno.Busy, "in use", "rbd status rbdpool/vol1")]
    [InlineData("rbd_open", Errno.NotSupported, "feature", "rbd info rbdpool/vol1")]
    [InlineData("rbd_aio_read", Errno.Io, "I/O error", "ceph health detail")]
    public void Each_error_names_the_image_the_cause_and_where_to_look(string call, int errno, string cause, string remedy)
    {
        string words = CephFailures.Explain(new CephException(call, -errno), _spec, "bob", Conf);
        Assert.StartsWith("image rbdpool/vol1: ", words, StringComparison.Ordinal);
        Assert.Contains(cause, words, StringComparison.Ordinal);
        Assert.Contains(remedy, words, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_other_error_is_told_with_the_librarys_own_words()
    {
        var cause = new CephException("rbd_stat", -77, "vol1");
        var told = Assert.Throws<VolumeException>(() => Explained(() => throw cause));
        Assert.Equal("image rbdpool/vol1: the cluster answered with an error [rbd_stat vol1: File descriptor in bad state (EBADFD, 77)]", told.Message);
        Assert.Same(cause, told.InnerException);
    }

    [Fact]
    public void A_known_error_carries_call_and_errno_as_well() =>
        Assert.EndsWith(
            "[rados_connect: Connection timed out (ETIMEDOUT, 110)]",
            Assert.Throws<VolumeException>(() => Explained(() => throw new CephException("rados_connect", -Errno.TimedOut))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(null, "apt install librados2 librbd1")]
    [InlineData("rados_create2", "too old, it lacks rados_create2")]
    public void A_missing_or_old_library_is_told_with_its_remedy(string? symbol, string words)
    {
        string message = Assert.Throws<VolumeException>(
            () => Explained(() => throw new NativeLibraryException("librados.so.2", symbol, new DllNotFoundException()))).Message;
        Assert.StartsWith("image rbdpool/vol1: librados.so.2 ", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_worded_already_passes_as_it_is()
    {
        var worded = new VolumeException("as it is");
        Assert.Same(worded, Assert.Throws<VolumeException>(() => Explained(() => throw worded)));
    }

    [Fact]
    public void A_result_passes_as_it_is() => Assert.Equal(3, Explained(() => 3));

    private static int Explained(Func<int> body) => CephFailures.Explained(_spec, "bob", Conf, body);
}
