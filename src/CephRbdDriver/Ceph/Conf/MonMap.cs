using System.Text.Json;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Conf;

/// <summary>Reads the monitors from what the monitor command <c>mon dump</c> answers in JSON.</summary>
internal static class MonMap
{
    /// <summary>
    /// Reads Jewel's <c>addr</c> and, where it is there, the <c>public_addrs</c> of Nautilus and later. Monitors that have no
    /// address yet are left out.
    /// </summary>
    /// <param name="json">The answer, UTF-8.</param>
    /// <returns>One list of addresses for each monitor.</returns>
    /// <exception cref="VolumeException">The answer is no monitor map.</exception>
    public static IReadOnlyList<IReadOnlyList<MonAddress>> Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return Monitors(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is what a string with half a surrogate pair gives.
            throw new VolumeException("the cluster's monitor map is not valid JSON", e);
        }
    }

    private static List<IReadOnlyList<MonAddress>> Monitors(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("mons", out JsonElement mons)
            || mons.ValueKind != JsonValueKind.Array)
        {
            throw new VolumeException("the cluster's monitor map has no list \"mons\"");
        }

        List<IReadOnlyList<MonAddress>> monitors = [];
        foreach (JsonElement mon in mons.EnumerateArray())
        {
            if (mon.ValueKind != JsonValueKind.Object)
            {
                throw new VolumeException("the cluster's monitor map holds a monitor that is no object");
            }

            List<MonAddress> addresses = Addresses(mon);
            if (addresses.Count > 0)
            {
                monitors.Add(addresses);
            }
        }

        return monitors;
    }

    private static List<MonAddress> Addresses(JsonElement mon)
    {
        List<MonAddress> addresses = [];
        if (mon.TryGetProperty("public_addrs", out JsonElement vector)
            && vector.ValueKind == JsonValueKind.Object
            && vector.TryGetProperty("addrvec", out JsonElement list)
            && list.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement entry in list.EnumerateArray())
            {
                if (entry.ValueKind == JsonValueKind.Object && Text(entry, "type") is "v1" or "v2" or "any")
                {
                    Add(addresses, Text(entry, "type")!, Text(entry, "addr"));
                }
            }
        }

        if (addresses.Count == 0)
        {
            Add(addresses, "v1", Text(mon, "addr"));
        }

        return addresses;
    }

    private static void Add(List<MonAddress> addresses, string protocol, string? text)
    {
        // Blank addresses, as of a monitor that never joined: ":/0", "-", "0.0.0.0:0/1", "[::]:0/1".
        if (text is null or "" or "-" or [':', '/', ..])
        {
            return;
        }

        MonAddress address = MonHost.Address(text);
        if (address.Host is not ("0.0.0.0" or "::"))
        {
            addresses.Add(address with { Protocol = protocol });
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
