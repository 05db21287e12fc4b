namespace CephRbd.Driver.Ceph.Conf;

/// <summary>
/// The settings of a ceph.conf, as a client sees them. Metavariables such as <c>$cluster</c> are not expanded.
/// </summary>
internal sealed class CephConf
{
    private readonly Dictionary<(string Section, string Key), string> _settings;

    private CephConf(Dictionary<(string Section, string Key), string> settings) => _settings = settings;

    /// <summary>Reads a ceph.conf.</summary>
    /// <param name="text">The file's text.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="Volumes.VolumeException">A section's header or a quote is not closed. The text tells the line's number.</exception>
    public static CephConf Parse(string text)
    {
        Dictionary<(string Section, string Key), string> settings = [];
        foreach (IniSetting setting in IniReader.Read(text, "ceph.conf", out _))
        {
            // Ceph takes what stands before the first section as global, and of several same settings the last.
            string section = setting.Section.Length == 0 ? "global" : setting.Section;
            settings[(section, setting.Key)] = setting.Value;
        }

        return new CephConf(settings);
    }

    /// <summary>Looks a setting up: in the client's own section, then in <c>[client]</c>, then in <c>[global]</c>.</summary>
    /// <param name="clientName">The client with its type, such as <c>client.admin</c>.</param>
    /// <param name="key">The key, in any spelling that ceph.conf allows.</param>
    /// <returns>The value; null when it is set nowhere.</returns>
    public string? Get(string clientName, string key)
    {
        string folded = IniReader.FoldKey(key);
        return _settings.TryGetValue((clientName, folded), out string? value)
            || _settings.TryGetValue(("client", folded), out value)
            || _settings.TryGetValue(("global", folded), out value)
                ? value
                : null;
    }
}
