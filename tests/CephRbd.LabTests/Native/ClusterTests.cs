using System.Text;
using System.Text.Json;
using CephRbd.Native;
using CephRbd.Native.Rados;

namespace CephRbd.LabTests.Native;

public sealed class ClusterTests(LabFixture lab) : LabTest(lab)
{
    [Fact]
    public void Fsid_and_instance_are_the_clusters_own()
    {
        (int exit, string output, _) = Lab.Run("ceph", "--connect-timeout", "10", "fsid");
        Assert.Equal(0, exit);
        Assert.Equal(output.Trim(), Cluster.Fsid);
        Assert.NotEqual(0UL, Cluster.InstanceId);
    }

    [Fact]
    public void Pools_are_found_by_name_and_opened_by_id()
    {
        long? id = Cluster.FindPool("hyper");
        Assert.Equal(Pool.PoolId, id);
        Assert.Equal("hyper", Pool.PoolName);

        using RadosIoContext byId = Cluster.OpenPool(id!.Value);
        Assert.Equal("hyper", byId.PoolName);
    }

    [Fact]
    public void A_missing_pool_is_told_apart()
    {
        Assert.Null(Cluster.FindPool("no-such-pool"));
        Assert.Equal(Errno.NoEntry, ErrnoOf(() => Cluster.OpenPool("no-such-pool").Dispose()));
        Assert.Equal(Errno.NoEntry, ErrnoOf(() => Cluster.OpenPool(4711).Dispose()));
    }

    [Fact]
    public void Monitors_answer_commands()
    {
        byte[] answer = Cluster.MonCommand("""{"prefix":"osd stat","format":"json"}""");
        using JsonDocument document = JsonDocument.Parse(answer);
        Assert.True(document.RootElement.GetProperty("num_up_osds").GetInt32() > 0);
    }

    [Fact]
    public void A_command_that_monitors_do_not_know_is_EINVAL() =>
        Assert.Equal(Errno.Invalid, ErrnoOf(() => Cluster.MonCommand("""{"prefix":"no such command"}""")));

    [Fact]
    public void A_wrong_key_is_EACCES_and_appears_nowhere()
    {
        const string WrongKey = "AQAAAAAAAAAAABAAqqqqqqqqqqqqqqqqqqqqqg==";
        using RadosCluster cluster = Configure("client.admin");
        cluster.SetConfig("key", WrongKey);

        CephException error = Assert.Throws<CephException>(cluster.Connect);

        Assert.Equal(Errno.Access, error.Errno);
        Assert.DoesNotContain(WrongKey, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_keyring_is_an_error_and_no_wait()
    {
        using RadosCluster cluster = Configure("client.nobody");
        cluster.SetConfig("keyring", "/nowhere/keyring");
        Assert.Equal(Errno.NoEntry, ErrnoOf(cluster.Connect));
    }

    [Fact]
    public void A_monitor_that_is_not_there_is_ETIMEDOUT()
    {
        using RadosCluster cluster = Configure("client.admin");
        cluster.SetConfig("keyring", Lab.AdminKeyringFile);
        cluster.SetConfig("mon_host", "127.0.0.1:1");
        cluster.SetConfig("client_mount_timeout", "1");
        Assert.Equal(Errno.TimedOut, ErrnoOf(cluster.Connect));
    }

    [Fact]
    public void Objects_are_written_read_and_removed()
    {
        string obj = Lab.NewImageName();
        Assert.Null(Pool.Read(obj, 100));
        Pool.WriteFull(obj, "first, and longer"u8);
        Pool.WriteFull(obj, "second"u8);
        Assert.Equal("second", Encoding.UTF8.GetString(Pool.Read(obj, 100)!));
        Assert.Equal("sec", Encoding.UTF8.GetString(Pool.Read(obj, 3)!));
        Assert.True(Pool.Remove(obj));
        Assert.False(Pool.Remove(obj));
    }

    [Fact]
    public void Namespaces_keep_objects_apart()
    {
        string obj = Lab.NewImageName();
        using RadosIoContext other = Cluster.OpenPool("hyper");
        other.SetNamespace("apart");
        other.WriteFull(obj, "x"u8);
        Assert.Null(Pool.Read(obj, 1));
        Assert.True(other.Remove(obj));
    }

    [Fact]
    public void A_lock_keeps_others_out_until_it_is_given_back()
    {
        string obj = Lab.NewImageName();
        using RadosCluster other = Connect();
        using RadosIoContext otherPool = other.OpenPool("hyper");

        Assert.Empty(Pool.ListLockers(obj, "lock"));
        Assert.True(Pool.LockExclusive(obj, "lock", "cookie-ä", "a test", TimeSpan.FromMinutes(5)));
        Assert.True(Pool.LockExclusive(obj, "lock", "cookie-ä", "a test", TimeSpan.FromMinutes(5)));
        Assert.False(otherPool.LockExclusive(obj, "lock", "cookie-ä", "a test", TimeSpan.Zero));

        RadosLocker holder = Assert.Single(otherPool.ListLockers(obj, "lock"));
        Assert.Equal($"client.{Cluster.InstanceId}", holder.Client);
        Assert.Equal("cookie-ä", holder.Cookie);
        Assert.Contains("127.0.0.", holder.Address, StringComparison.Ordinal);

        Pool.Unlock(obj, "lock", "cookie-ä");
        Pool.Unlock(obj, "lock", "cookie-ä");
        Assert.True(otherPool.LockExclusive(obj, "lock", "mine", "", TimeSpan.Zero));
        Assert.True(Pool.Remove(obj));
    }

    [Fact]
    public void A_lock_expires_by_itself()
    {
        string obj = Lab.NewImageName();
        Assert.True(Pool.LockExclusive(obj, "lock", "short", "", TimeSpan.FromMilliseconds(300)));
        DateTime limit = DateTime.UtcNow.AddSeconds(10);
        while (Pool.ListLockers(obj, "lock").Count > 0)
        {
            Assert.True(DateTime.UtcNow < limit, "still locked after 10 s");
            Thread.Sleep(50);
        }

        Assert.True(Pool.LockExclusive(obj, "lock", "next", "", TimeSpan.Zero));
        Assert.True(Pool.Remove(obj));
    }

    [Fact]
    public void A_lock_can_be_broken()
    {
        string obj = Lab.NewImageName();
        using RadosCluster other = Connect();
        using RadosIoContext otherPool = other.OpenPool("hyper");
        Assert.True(otherPool.LockExclusive(obj, "lock", "c", "", TimeSpan.Zero));

        Assert.False(Pool.BreakLock(obj, "lock", "client.1", "c"));
        Assert.True(Pool.BreakLock(obj, "lock", $"client.{other.InstanceId}", "c"));
        Assert.Empty(Pool.ListLockers(obj, "lock"));
        Assert.True(Pool.Remove(obj));
    }

    [Fact]
    public void A_context_outlives_the_disposal_of_its_cluster()
    {
        RadosCluster cluster = Connect();
        using RadosIoContext pool = cluster.OpenPool("hyper");
        cluster.Dispose();
        Assert.Equal("hyper", pool.PoolName);
        Assert.Null(pool.Read(Lab.NewImageName(), 1));
    }

    [Fact]
    public void An_abandoned_client_leaves_its_contexts_to_be_closed()
    {
        RadosCluster cluster = Connect();
        RadosIoContext pool = cluster.OpenPool("hyper");
        cluster.Abandon();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cluster.OpenPool("hyper"));
    }
}
