using System.Runtime.InteropServices;
using CephRbd.Native;
using CephRbd.Native.Rados;

namespace CephRbd.UnitTests.Native;

/// <summary>C's environment belongs to the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(CephEnvironmentTests), DisableParallelization = true)]
[Collection(nameof(CephEnvironmentTests))]
public partial class CephEnvironmentTests
{
    [Fact]
    public void Cephs_environment_variables_have_no_say()
    {
        Assert.True(CephLibraries.Probe().Error is null, "needs librados and librbd");
        Assert.Equal(0, Set("CEPH_ARGS", "--mon_host=127.9.9.9 --log_to_stderr=true", 1));
        Assert.Equal(0, Set("CEPH_KEYRING", "/nowhere/keyring", 1));

        using RadosCluster cluster = RadosCluster.Create("ceph", "client.unit");

        Assert.DoesNotContain("127.9.9.9", cluster.GetConfig("mon_host"), StringComparison.Ordinal);
        Assert.DoesNotContain("/nowhere", cluster.GetConfig("keyring"), StringComparison.Ordinal);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(string name, string value, int overwrite);
}
