using CephRbd.Native;
using CephRbd.Native.Rados;

namespace CephRbd.UnitTests.Native.Rados;

/// <summary>What a client can do without a cluster; nothing here connects.</summary>
public class RadosClusterTests
{
    [Fact]
    public void Options_can_be_set_and_read_back()
    {
        using RadosCluster cluster = Create();
        cluster.SetConfig("mon_host", "127.0.0.1:1");
        Assert.Equal("127.0.0.1:1", cluster.GetConfig("mon_host"));
    }

    [Fact]
    public void Long_option_values_are_read_back_whole()
    {
        using RadosCluster cluster = Create();
        string hosts = string.Join(',', Enumerable.Range(1, 200).Select(i => $"127.0.0.1:{i}"));
        cluster.SetConfig("mon_host", hosts);
        Assert.Equal(hosts, cluster.GetConfig("mon_host"));
    }

    [Fact]
    public void An_option_this_release_lacks_is_told_apart()
    {
        using RadosCluster cluster = Create();
        Assert.False(cluster.TrySetConfig("no_such_option", "1"));
        Assert.Null(cluster.GetConfig("no_such_option"));
        Assert.Equal(Errno.NoEntry, Assert.Throws<CephException>(() => cluster.SetConfig("no_such_option", "1")).Errno);
    }

    [Fact]
    public void A_value_that_an_option_does_not_take_is_not_repeated()
    {
        using RadosCluster cluster = Create();

        CephException error =
            Assert.Throws<CephException>(() => cluster.SetConfig("rados_osd_op_timeout", "hush-hush"));

        Assert.Equal(Errno.Invalid, error.Errno);
        Assert.DoesNotContain("hush", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_configuration_file_is_ENOENT()
    {
        using RadosCluster cluster = Create();
        CephException error = Assert.Throws<CephException>(() => cluster.ReadConfigFile("/nowhere/ceph.conf"));
        Assert.Equal(Errno.NoEntry, error.Errno);
        Assert.Contains("/nowhere/ceph.conf", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_files_options_are_taken()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "[global]\nrados osd op timeout = 7\n");
            using RadosCluster cluster = Create();
            cluster.ReadConfigFile(file);
            Assert.StartsWith("7", cluster.GetConfig("rados_osd_op_timeout"), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_name_that_is_no_entity_is_refused() =>
        Assert.Equal(
            Errno.Invalid, Assert.Throws<CephException>(() => RadosCluster.Create("ceph", "no-dot-in-it")).Errno);

    [Fact]
    public void Use_after_disposal_is_an_exception_and_a_second_disposal_is_fine()
    {
        RadosCluster cluster = Create();
        cluster.Dispose();
        cluster.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cluster.SetConfig("mon_host", "127.0.0.1"));
        Assert.Throws<ObjectDisposedException>(() => cluster.OpenPool("hyper"));
    }

    [Fact]
    public void An_abandoned_client_is_of_no_further_use()
    {
        RadosCluster cluster = Create();
        cluster.Abandon();
        Assert.Throws<ObjectDisposedException>(() => cluster.GetConfig("mon_host"));
        cluster.Dispose();
    }

    [Fact]
    public void Names_with_a_nul_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RadosCluster.Create("ceph", "client.a\0b"));
        using RadosCluster cluster = Create();
        Assert.Throws<ArgumentException>(() => cluster.SetConfig("key", "a\0b"));
    }

    private static RadosCluster Create()
    {
        Assert.True(CephLibraries.Probe().Error is null, "needs librados and librbd");
        return RadosCluster.Create("ceph", "client.unit");
    }
}
