using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Config;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph;

/// <summary>Who talks to the cluster, and with which key.</summary>
/// <param name="User">Without <c>client.</c>.</param>
/// <param name="Key">Null where none was found and the cluster may ask for none.</param>
/// <param name="Source">Where the key came from, for messages: "the pod's secret" or a file's path.</param>
internal sealed record Credentials(string User, Secret? Key, string Source)
{
    /// <summary><c>client.admin</c></summary>
    public string Entity => "client." + User;

    /// <summary>The pod's secret, else the keyring file of the config. A missing file is no failure yet: ceph.conf may name another.</summary>
    /// <exception cref="VolumeException">The secret or the keyring is unusable.</exception>
    public static Credentials Resolve(VolumeSpec spec, DriverConfig config)
    {
        string user = spec.User ?? config.User;
        if (spec.Key is { } key)
        {
            return WellFormed(new Credentials(user, key, "the pod's secret"));
        }

        string path = config.KeyringPathFor(user, spec.Cluster);
        return FromKeyring(user, path) ?? new Credentials(user, null, path);
    }

    /// <summary>Reads one keyring file.</summary>
    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="VolumeException">The file cannot be read, has no such user, or a key that is none.</exception>
    public static Credentials? FromKeyring(string user, string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VolumeException($"cannot read the keyring {path}: {e.Message}", e);
        }

        Keyring keyring;
        try
        {
            keyring = Keyring.Parse(text);
        }
        catch (VolumeException e)
        {
            throw new VolumeException($"the keyring {path} can't be understood ({e.Message}). Fetch it anew with: ceph auth get client.{user} -o {path}", e);
        }

        if (keyring.Find("client." + user) is not { } key)
        {
            string has = keyring.Entities.Contains("client." + user) ? "its section has no line \"key = …\""
                : keyring.Entities.Count == 0 ? "it holds no user at all"
                : "it holds " + string.Join(", ", keyring.Entities);
            throw new VolumeException(
                $"the keyring {path} has no key for client.{user}; {has}. " +
                $"Fetch it with: ceph auth get client.{user} -o {path}");
        }

        return WellFormed(new Credentials(user, key, path));
    }

    // librados prints a malformed key to stderr, with the key in it: it never gets one.
    private static Credentials WellFormed(Credentials credentials) =>
        CephKey.IsWellFormed(credentials.Key!.Reveal(), out string why)
            ? credentials
            : throw new VolumeException(
                $"the key of {credentials.Entity} in {credentials.Source} is not a cephx key: {why}. " +
                $"Compare it with: ceph auth get-key {credentials.Entity}");
}
