using CephRbd.Driver.Ceph;
using CephRbd.Driver.Config;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Native.Linux;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Ceph;

public sealed class ConfAccessTests : IDisposable
{
    private const string Fsid = "0f588cda-4d4b-450a-a86a-7f26dc278318";
    private const string Conf = $"[global]\nfsid = {Fsid}\nmon host = [v2:10.0.0.1:3300,v1:10.0.0.1:6789],10.0.0.2\n";

    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper" };

    private readonly TempDir _dir = new();
    private readonly DriverConfig _config;

    public ConfAccessTests()
    {
        _config = new DriverConfig { ConfFile = _dir["ceph.conf"], KeyringFile = _dir["keyring"] };
        File.WriteAllText(_dir["ceph.conf"], Conf);
        File.WriteAllText(_dir["keyring"], $"[client.admin]\n\tkey = {Hostile.Key}\n");
    }

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void Conf_and_keyring_tell_all()
    {
        KernelAccess access = ConfAccess.Read(_spec, _config)!;
        Assert.Equal(("admin", Hostile.Key, false, Fsid), (access.User, access.Key!.Reveal(), access.SpeakV2Only, access.ClusterFsid));
        Assert.Equal(["10.0.0.1:6789", "10.0.0.2:6789"], access.Monitors);
        Assert.DoesNotContain(Hostile.Key, access.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_pods_secret_wins_over_the_keyring()
    {
        File.Delete(_dir["keyring"]);
        KernelAccess access = ConfAccess.Read(_spec with { User = "bob", Key = new Secret(Hostile.Key) }, _config)!;
        Assert.Equal(("bob", Hostile.Key), (access.User, access.Key!.Reveal()));
    }

    [Theory]
    [InlineData("[global]\nmon host = v2:10.0.0.1:3300\n", true)]
    [InlineData("[global]\nmon_host = v2:10.0.0.1:3300,10.0.0.2:6789\n", false)]
    [InlineData("[client.admin]\nmon host = [::1]:6789\n", false)]
    public void The_messenger_follows_the_addresses(string conf, bool v2Only)
    {
        File.WriteAllText(_dir["ceph.conf"], conf);
        KernelAccess access = ConfAccess.Read(_spec, _config)!;
        Assert.Equal(v2Only, access.SpeakV2Only);
        Assert.Null(access.ClusterFsid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[global]\n")]
    [InlineData("[global]\nmon host =\n")]
    [InlineData("[global]\nmon host = mon.example.com\n")]
    [InlineData("[global]\nmon host = 10.0.0.1,mon.example.com\n")]
    [InlineData("[client.bob]\nmon host = 10.0.0.1\n")]
    [InlineData("[global\nmon host = 10.0.0.1\n")]
    [InlineData("[global]\nmon host = 10.0.0.1:99999\n")]
    public void Where_the_conf_does_not_tell_the_monitors_there_is_no_access(string conf)
    {
        File.WriteAllText(_dir["ceph.conf"], conf);
        Assert.Null(ConfAccess.Read(_spec, _config));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("[client.bob]\nkey = " + Hostile.Key + "\n")]
    [InlineData("[client.admin]\nkey = no key\n")]
    [InlineData("[client.admin\n")]
    public void Without_a_usable_key_there_is_no_access(string? keyring)
    {
        File.Delete(_dir["keyring"]);
        if (keyring is not null)
        {
            File.WriteAllText(_dir["keyring"], keyring);
        }

        Assert.Null(ConfAccess.Read(_spec, _config));
    }

    [Fact]
    public void Files_that_cannot_be_read_give_no_access()
    {
        Assert.Null(ConfAccess.Read(_spec, _config with { ConfFile = _dir["none"] }));
        Assert.Null(ConfAccess.Read(_spec, _config with { ConfFile = _dir.Path }));
        Assert.Null(ConfAccess.Read(_spec, _config with { KeyringFile = _dir.Path }));
        Assert.Null(ConfAccess.Fsid(_config with { ConfFile = _dir["none"] }, null));
        Assert.Null(ConfAccess.Fsid(_config with { ConfFile = _dir.Path }, null));
    }

    [Theory]
    [InlineData("fsid = " + Fsid, Fsid)]
    [InlineData("FSID = {0F588CDA-4D4B-450A-A86A-7F26DC278318}", Fsid)]
    [InlineData("fsid = 00000000-0000-0000-0000-000000000000", null)]
    [InlineData("fsid = not one", null)]
    [InlineData("fsid =", null)]
    [InlineData("", null)]
    public void The_clusters_id_is_read_in_every_form(string line, string? fsid)
    {
        File.WriteAllText(_dir["ceph.conf"], $"[global]\n{line}\nmon host = 10.0.0.1\n");
        Assert.Equal(fsid, ConfAccess.Fsid(_config, null));
        Assert.Equal(fsid, ConfAccess.Read(_spec, _config)!.ClusterFsid);
    }
}
