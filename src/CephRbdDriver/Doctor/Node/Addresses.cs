using System.Globalization;
using System.Net;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>An address of this node.</summary>
/// <param name="Device">The interface.</param>
/// <param name="Address">The address.</param>
/// <param name="Prefix">How many bits of it are the subnet's.</param>
internal sealed record NodeAddress(string Device, IPAddress Address, int Prefix)
{
    /// <summary>Whether an address is in the same subnet.</summary>
    public bool IsBeside(IPAddress other) =>
        other.AddressFamily == Address.AddressFamily && Prefix > 0 && new IPNetwork(Masked(Address, Prefix), Prefix).Contains(other);

    /// <summary>Reads <c>ip -o addr show</c>.</summary>
    public static IReadOnlyList<NodeAddress> Parse(string output)
    {
        List<NodeAddress> found = [];
        foreach (string line in output.Split('\n'))
        {
            // 2: eth0    inet 172.16.4.101/24 brd 172.16.4.255 scope global eth0\ …; a tunnel's has "peer" before the prefix.
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int kind = Array.FindIndex(words, word => word is "inet" or "inet6");
            if (kind < 2 || kind + 1 >= words.Length)
            {
                continue;
            }

            string[] parts = words[kind + 1].Split('/');
            if (IPAddress.TryParse(parts[0], out IPAddress? address))
            {
                int whole = address.GetAddressBytes().Length * 8;
                int prefix = parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits <= whole ? bits : whole;
                found.Add(new NodeAddress(words[1].Split('@')[0], address, prefix));
            }
        }

        return found;
    }

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            int kept = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
