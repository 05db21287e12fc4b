using System.Text.Json;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph;

/// <summary>
/// What <c>rbd status --format json</c> says. Before Mimic (13.2) its list of watchers is an object whose entries all
/// have the name <c>watcher</c>, since then an array.
/// </summary>
internal static class RbdStatusOutput
{
    /// <summary>Reads the watchers.</summary>
    /// <returns>Null when this is not what <c>rbd status</c> says: nothing is known then, least of all that there are none.</returns>
    public static IReadOnlyList<RbdWatcher>? Watchers(string output)
    {
        try
        {
            using var json = JsonDocument.Parse(output);
            if (json.RootElement.ValueKind != JsonValueKind.Object || Only(json.RootElement, "watchers") is not { } list)
            {
                return null;
            }

            IEnumerable<RbdWatcher?>? entries = list.ValueKind switch
            {
                JsonValueKind.Array => list.EnumerateArray().Select(Watcher),
                JsonValueKind.Object => list.EnumerateObject().Select(entry => entry.Name == "watcher" ? Watcher(entry.Value) : null),
                _ => null,
            };
            if (entries is null)
            {
                return null;
            }

            List<RbdWatcher> watchers = [];
            foreach (RbdWatcher? entry in entries)
            {
                if (entry is null)
                {
                    return null;
                }

                watchers.Add(entry);
            }

            return watchers;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static RbdWatcher? Watcher(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Object
        && Only(entry, "address") is { ValueKind: JsonValueKind.String } address
        && Only(entry, "client") is { ValueKind: JsonValueKind.Number } client && client.TryGetInt64(out long id)
        && Only(entry, "cookie") is { ValueKind: JsonValueKind.Number } cookie && cookie.TryGetUInt64(out ulong number)
            ? new RbdWatcher(address.GetString()!, id, number)
            : null;

    // One that is there twice says nothing.
    private static JsonElement? Only(JsonElement entry, string name)
    {
        JsonProperty[] found = [.. entry.EnumerateObject().Where(property => property.NameEquals(name))];
        return found is [JsonProperty one] ? one.Value : null;
    }
}
