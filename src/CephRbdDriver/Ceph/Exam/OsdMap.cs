using System.Globalization;
using System.Text.Json;
using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Exam;

/// <summary>A pool as the monitors know it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Size">How many copies it keeps.</param>
/// <param name="MinSize">Below how many copies nothing is written or read.</param>
/// <param name="PgNum">How many placement groups it has.</param>
/// <param name="Flags">Its flags, such as <c>full</c>.</param>
/// <param name="QuotaBytes">The most it may hold; 0 for no limit.</param>
/// <param name="QuotaObjects">The most objects it may hold; 0 for no limit.</param>
/// <param name="Applications">What it is meant for; null where the release does not tell (before Luminous).</param>
internal sealed record PoolFacts(
    long Id, string Name, long Size, long MinSize, long PgNum, IReadOnlyList<string> Flags,
    long QuotaBytes, long QuotaObjects, IReadOnlyList<string>? Applications);

/// <summary>An OSD as the monitors know it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="IsUp">Whether the monitors take it for running.</param>
/// <param name="IsIn">Whether data are placed on it.</param>
/// <param name="Addresses">Where clients reach it, or last did.</param>
internal sealed record OsdFacts(long Id, bool IsUp, bool IsIn, IReadOnlyList<MonAddress> Addresses);

/// <summary>What the monitor command <c>osd dump</c> tells.</summary>
/// <param name="Pools">All pools.</param>
/// <param name="Osds">All OSDs that exist.</param>
/// <param name="Flags">The flags of the whole cluster, such as <c>full</c> or <c>pausewr</c>.</param>
/// <param name="HasBlocklist">Whether this release says blocklist (Pacific) and not blacklist.</param>
internal sealed record OsdMap(IReadOnlyList<PoolFacts> Pools, IReadOnlyList<OsdFacts> Osds, IReadOnlyList<string> Flags, bool HasBlocklist)
{
    /// <summary>The word of this release in its commands.</summary>
    public string Blocklist => HasBlocklist ? "blocklist" : "blacklist";

    /// <summary>Reads the answer.</summary>
    /// <exception cref="VolumeException">It is no map of OSDs.</exception>
    public static OsdMap Parse(ReadOnlyMemory<byte> json)
    {
        JsonElement root = Answers.Parse(json, "osd dump");
        return root.Member("osds") is { ValueKind: JsonValueKind.Array }
            ? new OsdMap(
                [.. root.Items("pools").Select(Pool)],
                [.. root.Items("osds").Select(Osd)],
                Words(root.Text("flags")),
                root.Member("blocklist") is not null)
            : throw new VolumeException("the monitors' answer to \"osd dump\" has no list \"osds\"");
    }

    /// <summary>Reads from <c>osd tree</c> which host each OSD is on.</summary>
    public static IReadOnlyDictionary<long, string> Hosts(ReadOnlyMemory<byte> json)
    {
        var hosts = new Dictionary<long, string>();
        foreach (JsonElement host in Answers.Parse(json, "osd tree").Items("nodes").Where(node => node.Text("type") == "host"))
        {
            foreach (JsonElement child in host.Items("children"))
            {
                if (child.ValueKind == JsonValueKind.Number && child.TryGetInt64(out long id))
                {
                    hosts[id] = host.Text("name");
                }
            }
        }

        return hosts;
    }

    private static PoolFacts Pool(JsonElement pool) => new(
        pool.Whole("pool"), pool.Text("pool_name"), pool.Whole("size"), pool.Whole("min_size"), pool.Whole("pg_num"),
        Words(pool.Text("flags_names")), pool.Whole("quota_max_bytes"), pool.Whole("quota_max_objects"),
        pool.Member("application_metadata") is { ValueKind: JsonValueKind.Object } applications
            ? [.. applications.EnumerateObject().Select(application => application.Name)]
            : null);

    private static OsdFacts Osd(JsonElement osd)
    {
        List<MonAddress> addresses = [];
        foreach (JsonElement entry in osd.Member("public_addrs") is { } vector ? vector.Items("addrvec") : [])
        {
            Add(addresses, entry.Text("type"), entry.Text("addr"));
        }

        if (addresses.Count == 0)
        {
            Add(addresses, "v1", osd.Text("public_addr"));
        }

        return new OsdFacts(osd.Whole("osd"), osd.Whole("up") != 0, osd.Whole("in") != 0, addresses);
    }

    // One that never ran has ":/0", "-" or 0.0.0.0:0/0.
    private static void Add(List<MonAddress> addresses, string protocol, string text)
    {
        try
        {
            MonAddress address = MonHost.Address(text);
            if (address.Port is not null && address.Host is not ("0.0.0.0" or "::"))
            {
                addresses.Add(address with { Protocol = protocol is "v1" or "v2" ? protocol : "any" });
            }
        }
        catch (VolumeException)
        {
            // No address: nothing to reach it by.
        }
    }

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary><c>osd.3 (node-b)</c></summary>
    public static string NameOf(long id, IReadOnlyDictionary<long, string> hosts) => string.Create(
        CultureInfo.InvariantCulture, $"osd.{id}{(hosts.TryGetValue(id, out string? host) ? $" ({host})" : "")}");
}
