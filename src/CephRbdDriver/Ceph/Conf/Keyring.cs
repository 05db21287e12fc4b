using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Conf;

/// <summary>The keys of a keyring file, by entity.</summary>
internal sealed class Keyring
{
    private readonly Dictionary<string, Secret> _keys;

    private Keyring(Dictionary<string, Secret> keys, IReadOnlyList<string> entities)
    {
        _keys = keys;
        Entities = entities;
    }

    /// <summary>The entities that have a section, with or without a key, in the file's order: <c>client.admin</c>.</summary>
    public IReadOnlyList<string> Entities { get; }

    /// <summary>Reads a keyring.</summary>
    /// <param name="text">The file's text.</param>
    /// <returns>Its keys, none of them checked: see <see cref="CephKey"/>.</returns>
    /// <exception cref="VolumeException">A section's header or a quote is not closed. The text tells the line's number and nothing of the line.</exception>
    public static Keyring Parse(string text)
    {
        Dictionary<string, Secret> keys = new(StringComparer.Ordinal);
        List<IniSetting> settings = IniReader.Read(text, "the keyring", out List<string> sections);
        foreach (IniSetting setting in settings)
        {
            if (setting is { Key: "key", Section.Length: > 0, Value.Length: > 0 })
            {
                keys[setting.Section] = new Secret(setting.Value);
            }
        }

        return new Keyring(keys, sections);
    }

    /// <summary>Finds an entity's key.</summary>
    /// <param name="entity">The whole name, such as <c>client.a.b</c>.</param>
    /// <returns>The key; null when the entity is not there or has none.</returns>
    public Secret? Find(string entity) => _keys.GetValueOrDefault(entity);
}
