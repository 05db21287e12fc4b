using System.Globalization;
using System.Net;

namespace CephRbd.Driver.Host;

/// <summary>The addresses of this node, as the kernel's tables tell them.</summary>
internal static class OwnAddresses
{
    /// <summary>All of IPv4, and those of IPv6 that other nodes can reach.</summary>
    /// <exception cref="IOException">The tables cannot be read.</exception>
    public static IReadOnlySet<IPAddress> Read() => Parse(
        Text("/proc/net/fib_trie"), Text("/proc/net/if_inet6"));

    /// <summary>Reads the texts of <c>/proc/net/fib_trie</c> and <c>/proc/net/if_inet6</c>.</summary>
    public static IReadOnlySet<IPAddress> Parse(string routes, string inet6)
    {
        HashSet<IPAddress> own = [];
        IPAddress? leaf = null;
        foreach (string line in routes.Split('\n'))
        {
            string words = line.Trim();
            if (words.StartsWith("|-- ", StringComparison.Ordinal))
            {
                leaf = IPAddress.TryParse(words[4..], out IPAddress? address) ? address : null;
            }
            else if (words == "/32 host LOCAL" && leaf is not null)
            {
                own.Add(leaf);
            }
        }

        foreach (string line in inet6.Split('\n'))
        {
            string digits = line.Split(' ')[0];
            if (digits.Length == 32 && UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
                && new IPAddress(Convert.FromHexString(digits)) is { IsIPv6LinkLocal: false } address)
            {
                own.Add(address);
            }
        }

        return own;
    }

    // A kernel without IPv6 has no such file.
    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path) : "";
}
