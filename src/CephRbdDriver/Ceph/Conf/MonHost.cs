using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Conf;

/// <summary>Reads the value of <c>mon host</c>.</summary>
internal static class MonHost
{
    private const int MaxHostLength = 253;

    /// <summary>
    /// Reads monitors separated by commas, semicolons or blanks, each a plain address (<c>10.0.0.1</c>, <c>10.0.0.1:6789</c>,
    /// <c>v1:10.0.0.1:6789/0</c>, <c>[::1]:6789</c>, a host name) or several in brackets
    /// (<c>[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]</c>). Nonces are dropped.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <returns>One list of addresses for each monitor; empty for an empty value.</returns>
    /// <exception cref="VolumeException">A piece is no address; the message names it.</exception>
    public static IReadOnlyList<IReadOnlyList<MonAddress>> Parse(string value)
    {
        List<IReadOnlyList<MonAddress>> monitors = [];
        foreach (string piece in Split(value))
        {
            monitors.Add(IsGroup(piece) ? Group(piece) : [Address(piece)]);
        }

        return monitors;
    }

    /// <summary>Reads one address: optional protocol, host, optional port, optional nonce.</summary>
    /// <param name="piece">The text.</param>
    /// <returns>The address. A port of 0, as in a blank address, counts as none.</returns>
    /// <exception cref="VolumeException">The text is no address; the message names it.</exception>
    internal static MonAddress Address(string piece)
    {
        ReadOnlySpan<char> rest = piece.AsSpan().Trim();
        string protocol = "any";
        foreach (string known in (ReadOnlySpan<string>)["v1", "v2", "any"])
        {
            if (rest.Length > known.Length && rest[known.Length] == ':' && rest.StartsWith(known, StringComparison.OrdinalIgnoreCase))
            {
                protocol = known;
                rest = rest[(known.Length + 1)..];
                break;
            }
        }

        int slash = rest.IndexOf('/');
        if (slash >= 0)
        {
            if (!ulong.TryParse(rest[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                throw Bad(piece, "a nonce after \"/\" is a number");
            }

            rest = rest[..slash];
        }

        return HostAndPort(piece, protocol, rest);
    }

    private static MonAddress HostAndPort(string piece, string protocol, ReadOnlySpan<char> text)
    {
        if (text.StartsWith('['))
        {
            int close = text.IndexOf(']');
            if (close < 0)
            {
                throw Bad(piece, "a bracket is not closed");
            }

            string inner = text[1..close].ToString();
            ReadOnlySpan<char> after = text[(close + 1)..];
            if (!IsIPv6(inner) || !(after.IsEmpty || after[0] == ':'))
            {
                throw Bad(piece, "brackets hold an IPv6 address, before \":\" and the port");
            }

            return new MonAddress(protocol, inner, after.IsEmpty ? null : Port(piece, after[1..]));
        }

        // An IPv6 address without brackets can't have a port.
        if (text.Count(':') > 1)
        {
            return IsIPv6(text.ToString()) ? new MonAddress(protocol, text.ToString(), null) : throw Bad(piece, "there are too many colons");
        }

        int colon = text.IndexOf(':');
        string host = (colon < 0 ? text : text[..colon]).ToString();
        if (!IsHost(host))
        {
            throw Bad(piece, "that is neither an IP address nor a host name");
        }

        return new MonAddress(protocol, host, colon < 0 ? null : Port(piece, text[(colon + 1)..]));
    }

    private static int? Port(string piece, ReadOnlySpan<char> text)
    {
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw Bad(piece, "a port is a number up to 65535");
        }

        return port == 0 ? null : port;
    }

    private static bool IsIPv6(string text) =>
        text.Contains(':', StringComparison.Ordinal)
        && !text.AsSpan().ContainsAny("[]/ ")
        && IPAddress.TryParse(text, out IPAddress? address)
        && address.AddressFamily == AddressFamily.InterNetworkV6;

    private static bool IsHost(string text)
    {
        if (text.Length is 0 or > MaxHostLength || text[0] is '-' or '.')
        {
            return false;
        }

        bool numeric = true;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
            {
                return false;
            }

            numeric &= char.IsAsciiDigit(c) || c == '.';
        }

        // "10.1" and "300.1.1.1" are slips, not names.
        return !numeric || (text.AsSpan().Count('.') == 3 && IPAddress.TryParse(text, out _));
    }

    /// <summary>Splits at separators outside brackets.</summary>
    private static IEnumerable<string> Split(string value)
    {
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= value.Length; i++)
        {
            bool end = i == value.Length;
            if (end ? depth != 0 : value[i] == ']' && depth == 0)
            {
                throw Bad(value[start..], "the brackets don't match");
            }

            if (end || (depth == 0 && (value[i] is ',' or ';' || char.IsWhiteSpace(value[i]))))
            {
                if (i > start)
                {
                    yield return value[start..i];
                }

                start = i + 1;
            }
            else
            {
                depth += value[i] == '[' ? 1 : value[i] == ']' ? -1 : 0;
            }
        }
    }

    private static bool IsGroup(string piece) => piece is ['[', .. string inner, ']'] && !IsIPv6(inner);

    private static List<MonAddress> Group(string piece)
    {
        List<MonAddress> addresses = [];
        foreach (string part in Split(piece[1..^1]))
        {
            addresses.Add(Address(part));
        }

        return addresses.Count > 0 ? addresses : throw Bad(piece, "the brackets are empty");
    }

    private static VolumeException Bad(string piece, string why) =>
        new($"the list of monitors holds {Shown.Quote(piece)}: {why}. Write monitors like 10.0.0.1:6789, [v2:10.0.0.1:3300,v1:10.0.0.1:6789] or [fd00::1]:6789");
}
