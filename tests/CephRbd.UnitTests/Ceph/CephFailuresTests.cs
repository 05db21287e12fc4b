using CephRbd.Driver.Ceph;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Ceph;

public class CephFailuresTests
{
    private const string Conf = "/nowhere/ceph.conf";

    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "rbdpool" };

    [Theory]
    [InlineData("rados_connect", Errno.TimedOut, "no monitor answered", Conf)]
    [InlineData("rados_connect", Errno.Access, "refused client.bob", "ceph auth get client.bob")]
    [InlineData("rados_connect", Errno.NotPermitted, "refused client.bob", "ceph auth get client.bob")]
    [InlineData("rados_connect", Errno.NoEntry, "no usable monitor", Conf)]
    [InlineData("rados_connect", Errno.NotSupported, "no way to authenticate", "auth_client_required")]
    [InlineData("rados_connect", Errno.Io, "cannot connect", Conf)]
    [InlineData("rados_conf_read_file", Errno.NoEntry, "no ceph.conf", Conf)]
    [InlineData("rados_conf_read_file", Errno.Invalid, "cannot parse", Conf)]
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
    [InlineData("librados.so.2", null, "apt install librados2 librbd1")]
    [InlineData("libblkid.so.1", null, "apt install libblkid1")]
    [InlineData("librados.so.2", "rados_create2", "too old, it lacks rados_create2")]
    public void A_missing_or_old_library_is_told_with_its_remedy(string library, string? symbol, string words)
    {
        string message = Assert.Throws<VolumeException>(
            () => Explained(() => throw new NativeLibraryException(library, symbol, new DllNotFoundException()))).Message;
        Assert.StartsWith($"image rbdpool/vol1: {library} ", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[global]\nmon host = 192.0.2.1,[v2:192.0.2.2:3300,v1:192.0.2.2:6789]\n", "(mon_host: 192.0.2.1:6789, 192.0.2.2:6789)")]
    [InlineData("[global]\n", "(it has no mon_host)")]
    [InlineData("[global\n", "(mon_host)")]
    public void When_no_monitor_answers_those_that_were_tried_are_named(string conf, string words) =>
        Assert.Contains(words, Explain(conf, "rados_connect", Errno.TimedOut), StringComparison.Ordinal);

    [Fact]
    public void The_line_of_ceph_conf_that_does_not_parse_is_named() =>
        Assert.Contains("line 2", Explain("[global]\n[client\n", "rados_conf_read_file", Errno.Invalid), StringComparison.Ordinal);

    [Fact]
    public void A_failure_of_this_node_is_told_as_such()
    {
        string message = Assert.Throws<VolumeException>(() => Explained(() => throw new LinuxException("memfd_create", Errno.NoMemory))).Message;
        Assert.StartsWith("image rbdpool/vol1: ", message, StringComparison.Ordinal);
        Assert.Contains("memfd_create", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_worded_already_passes_as_it_is()
    {
        var worded = new VolumeException("as it is");
        Assert.Same(worded, Assert.Throws<VolumeException>(() => Explained(() => throw worded)));
    }

    [Fact]
    public void A_result_passes_as_it_is() => Assert.Equal(3, Explained(() => 3));

    private static string Explain(string conf, string call, int errno)
    {
        using var dir = new TempDir();
        File.WriteAllText(dir["ceph.conf"], conf);
        return CephFailures.Explain(new CephException(call, -errno), _spec, "bob", dir["ceph.conf"]);
    }

    private static int Explained(Func<int> body) => CephFailures.Explained(_spec, "bob", Conf, body);
}
