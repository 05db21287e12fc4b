using System.Globalization;
using System.Net;
using System.Text.Json;

namespace CephRbd.Driver.Ceph.Exam;

/// <summary>A client that the cluster no longer serves.</summary>
/// <param name="Address">Its address and nonce, such as <c>172.16.4.103:0/2718281828</c>; a nonce of 0 is every client there.</param>
/// <param name="Until">Until when, as the cluster writes it.</param>
/// <param name="IsRange">Whether it is a range of addresses (Quincy), the bits of its prefix in the nonce's place.</param>
internal sealed record BlockedClient(string Address, string Until, bool IsRange = false)
{
    /// <summary>Reads the answer to <c>osd blocklist ls</c> or <c>osd blacklist ls</c>.</summary>
    /// <exception cref="Volumes.VolumeException">It is no JSON.</exception>
    public static IReadOnlyList<BlockedClient> Parse(ReadOnlyMemory<byte> json) =>
    [
        .. Answers.ParseAll(json, "osd blocklist ls").Where(list => list.ValueKind == JsonValueKind.Array).SelectMany(list => list.EnumerateArray())
            .Select(entry => new BlockedClient(
                entry.Text("addr") is { Length: > 0 } addr ? addr : entry.Text("range"), entry.Text("until"),
                entry.Text("addr").Length == 0 && entry.Text("range").Length > 0)),
    ];

    /// <summary>What stands behind the slash: the nonce, or a range's bits; empty when there is none.</summary>
    public string Nonce => Address.Contains('/', StringComparison.Ordinal) ? Address[(Address.LastIndexOf('/') + 1)..] : "";

    /// <summary>Whether it blocks every client at an address, not only one of them.</summary>
    public bool IsWholeHost => IsRange || Nonce is "" or "0";

    /// <summary>Whether a client at this address may be meant.</summary>
    public bool Covers(IPAddress host) => IPAddress.TryParse(HostOf(Address), out IPAddress? blocked)
        && (!IsRange ? blocked.Equals(host)
            : int.TryParse(Nonce, NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
                && blocked.AddressFamily == host.AddressFamily && SamePrefix(blocked.GetAddressBytes(), host.GetAddressBytes(), bits));

    private static bool SamePrefix(byte[] one, byte[] other, int bits)
    {
        for (int i = 0; i < one.Length && bits > 0; i++, bits -= 8)
        {
            int mask = bits >= 8 ? 0xFF : 0xFF << (8 - bits) & 0xFF;
            if ((one[i] & mask) != (other[i] & mask))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The host's part of a client's address: <c>172.16.4.103</c>, <c>fd00::1</c>; also of <c>v1:</c> and <c>any:</c> ones.</summary>
    public static string HostOf(string address)
    {
        string rest = address;
        foreach (string protocol in (string[])["v1:", "v2:", "any:"])
        {
            rest = rest.StartsWith(protocol, StringComparison.Ordinal) ? rest[protocol.Length..] : rest;
        }

        if (rest.StartsWith('['))
        {
            int close = rest.IndexOf(']', StringComparison.Ordinal);
            return close < 0 ? rest : rest[1..close];
        }

        int colon = rest.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? rest.Split('/')[0] : rest[..colon];
    }
}
