using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Native;

/// <summary>A connected admin client on pool hyper, and images that go when the test does.</summary>
public abstract class LabTest : IDisposable
{
    protected const ulong MiB = 1UL << 20;

    private readonly List<string> _images = [];

    protected LabTest(LabFixture lab)
    {
        Lab = lab;
        Cluster = Connect();
        Pool = Cluster.OpenPool("hyper");
    }

    protected LabFixture Lab { get; }

    protected RadosCluster Cluster { get; }

    protected RadosIoContext Pool { get; }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        try
        {
            foreach (string image in _images.Intersect(RbdImages.List(Pool)))
            {
                RbdImages.Remove(Pool, image);
            }
        }
        finally
        {
            Pool.Dispose();
            Cluster.Dispose();
            Release();
        }
    }

    /// <summary>For what a test class holds besides; called last.</summary>
    protected virtual void Release()
    {
    }

    protected RadosCluster Connect()
    {
        RadosCluster cluster = Configure("client.admin");
        try
        {
            cluster.SetConfig("keyring", Lab.AdminKeyringFile);
            cluster.Connect();
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    protected RadosCluster Configure(string entity)
    {
        RadosCluster cluster = RadosCluster.Create("ceph", entity);
        cluster.ReadConfigFile(Lab.ConfFile);
        foreach (string option in (string[])["client_mount_timeout", "rados_mon_op_timeout", "rados_osd_op_timeout"])
        {
            cluster.SetConfig(option, "20");
        }

        cluster.SetConfig("log_to_stderr", "false");
        cluster.SetConfig("err_to_stderr", "false");
        return cluster;
    }

    protected string NewName()
    {
        string name = Lab.NewImageName();
        _images.Add(name);
        return name;
    }

    protected string CreateImage(ulong size, ulong features = RbdFeatures.Layering)
    {
        string name = NewName();
        RbdImages.Create(Pool, name, size, new RbdCreateOptions { Features = features });
        return name;
    }

    protected static int ErrnoOf(Action action) => Assert.Throws<CephException>(action).Errno;
}
