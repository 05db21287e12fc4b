using CephRbd.Driver.Ceph;
using CephRbd.Driver.Config;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Native.Linux;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Ceph;

public sealed class CredentialsTests : IDisposable
{
    private const string Broken = "AQBSdFhcAAAAABAA1Rt0TIvjp2xXoH4vV0r2";

    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper" };

    private readonly TempDir _dir = new();
    private readonly DriverConfig _config;

    public CredentialsTests() => _config = new DriverConfig { KeyringFile = _dir["keyring"] };

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void The_pods_secret_wins_over_the_keyring()
    {
        Keyring("[client.bob]\nkey = AQBhdFhcAAAAABAAZZZ0TIvjp2xXoH4vV0r2Zw==\n");
        var found = Credentials.Resolve(_spec with { User = "bob", Key = new Secret(Hostile.Key) }, _config);
        Assert.Equal(("bob", "client.bob", Hostile.Key, "the pod's secret"), (found.User, found.Entity, found.Key!.Reveal(), found.Source));
    }

    [Fact]
    public void A_secret_without_a_user_is_the_configured_users() =>
        Assert.Equal("admin", Credentials.Resolve(_spec with { Key = new Secret(Hostile.Key) }, _config).User);

    [Fact]
    public void The_keyrings_key_is_taken_for_the_user_asked_for()
    {
        Keyring($"[client.admin]\nkey = AQBhdFhcAAAAABAAZZZ0TIvjp2xXoH4vV0r2Zw==\n[client.a.b]\nkey = {Hostile.Key}\n");
        var found = Credentials.Resolve(_spec with { User = "a.b" }, _config);
        Assert.Equal(("a.b", Hostile.Key, _dir["keyring"]), (found.User, found.Key!.Reveal(), found.Source));
    }

    [Fact]
    public void A_missing_keyring_is_no_failure_yet()
    {
        var found = Credentials.Resolve(_spec, _config);
        Assert.Equal(("admin", null, _dir["keyring"]), (found.User, found.Key, found.Source));
        Assert.Null(Credentials.FromKeyring("admin", _dir["missing/keyring"]));
    }

    [Fact]
    public void A_keyring_that_cannot_be_read_is_named()
    {
        Directory.CreateDirectory(_dir["keyring"]);
        Failed(_dir["keyring"], _spec);
    }

    [Theory]
    [InlineData("", "no user at all")]
    [InlineData("[client.bob]\nkey = x\n[mon.]\nkey = y\n", "client.bob, mon.")]
    [InlineData("[client.admin]\n", "no key for client.admin; its section has no line \"key = …\"")]
    public void A_keyring_without_the_user_says_whom_it_has(string keyring, string words)
    {
        Keyring(keyring);
        string message = Failed(words, _spec);
        Assert.Contains($"ceph auth get client.admin -o {_dir["keyring"]}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_malformed_key_in_the_keyring_is_told_without_the_key()
    {
        Keyring($"[client.admin]\nkey = {Broken}\n");
        string message = Failed("is not a cephx key", _spec);
        Assert.Contains(_dir["keyring"], message, StringComparison.Ordinal);
        Assert.DoesNotContain(Broken[..10], message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_malformed_key_in_the_secret_is_told_without_the_key()
    {
        string message = Failed("client.admin in the pod's secret is not a cephx key", _spec with { Key = new Secret(Broken) });
        Assert.DoesNotContain(Broken[..10], message, StringComparison.Ordinal);
        Assert.Contains("ceph auth get-key client.admin", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shown_as_text_they_hide_the_key() =>
        Assert.DoesNotContain(Hostile.Key, new Credentials("admin", new Secret(Hostile.Key), "x").ToString(), StringComparison.Ordinal);

    private void Keyring(string text) => File.WriteAllText(_dir["keyring"], text);

    private string Failed(string words, VolumeSpec spec)
    {
        string message = Assert.Throws<VolumeException>(() => Credentials.Resolve(spec, _config)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        return message;
    }
}
