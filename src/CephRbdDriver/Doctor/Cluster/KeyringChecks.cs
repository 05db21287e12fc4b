using CephRbd.Driver.Ceph;
using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>The user's key on this node.</summary>
internal sealed class KeyringChecks(DriverConfig config)
{
    private const string Name = "keyring";

    // What librados looks through where ceph.conf says nothing.
    private const string UsualPlaces = "/etc/ceph/$cluster.$name.keyring,/etc/ceph/$cluster.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin";

    /// <summary>It is there, for root alone, and a key.</summary>
    public Check Keyring => new(Name, $"the disk of {config.KeyringPathFor(config.User)}: dmesg", _ => Look());

    private List<Finding> Look()
    {
        string own = config.KeyringPathFor(config.User);
        CephConf? conf = Conf();
        string[] places = [own, .. Places(conf?.Get("client." + config.User, "keyring") ?? UsualPlaces, config.User).Where(place => place != own)];
        foreach (string place in places)
        {
            try
            {
                if (Credentials.FromKeyring(config.User, place) is not null)
                {
                    return Found(place);
                }
            }
            catch (VolumeException e)
            {
                return [new Finding(Name, FindingState.Failed, e.Message, Fetch(place))];
            }
        }

        return conf?.Get("client." + config.User, "auth_client_required")?.Trim() == "none"
            ? [new Finding(Name, FindingState.Ok, $"no key, and ceph.conf says that none is asked for (auth_client_required = none)")]
            : [new Finding(
                Name, FindingState.Failed, $"no key for client.{config.User}: none of {string.Join(", ", places)} is there. Only pods with a secretRef have one", Fetch(own))];
    }

    private List<Finding> Found(string place)
    {
        UnixFileMode mode = File.GetUnixFileMode(place);
        return (mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) == 0
            ? [new Finding(Name, FindingState.Ok, $"client.{config.User} has a well-formed key in {place} (mode {Octal(mode)})")]
            : [new Finding(
                Name, FindingState.Warning, $"{place}, with the key of client.{config.User}, is open to more than root (mode {Octal(mode)})", $"chmod 0600 {place}; chown root:root {place}")];
    }

    /// <summary>The files that a <c>keyring</c> of ceph.conf names for a user of the default cluster.</summary>
    internal static IEnumerable<string> Places(string value, string user) =>
        value.Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(place => place
            .Replace("$cluster", "ceph", StringComparison.Ordinal)
            .Replace("$name", "client." + user, StringComparison.Ordinal)
            .Replace("$type", "client", StringComparison.Ordinal)
            .Replace("$id", user, StringComparison.Ordinal));

    /// <summary>A mode as chmod takes it: 0640.</summary>
    internal static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8).PadLeft(3, '0');

    // umask, since ceph makes the file readable for all.
    private string Fetch(string place) =>
        $"on a node with the admin key: (umask 077; ceph auth get client.{config.User} -o {Path.GetFileName(place)}), and bring that file here as {place}, mode 0600";

    private CephConf? Conf()
    {
        try
        {
            return CephConf.Parse(File.ReadAllText(config.ConfFile));
        }
        catch (Exception e) when (e is VolumeException or IOException or UnauthorizedAccessException)
        {
            // The check of ceph.conf says so.
            return null;
        }
    }
}
