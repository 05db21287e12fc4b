using System.Globalization;

namespace CephRbd.Driver.Ceph.Conf;

/// <summary>One address of a monitor.</summary>
/// <param name="Protocol">The messenger: <c>v1</c>, <c>v2</c>, or <c>any</c> where none is told.</param>
/// <param name="Host">The IPv4 or IPv6 address, without brackets, or a host name.</param>
/// <param name="Port">The port; null for the protocol's own.</param>
internal readonly record struct MonAddress(string Protocol, string Host, int? Port)
{
    /// <summary>The port of a monitor's v1 messenger.</summary>
    public const int V1Port = 6789;

    /// <summary>The port of a monitor's v2 messenger.</summary>
    public const int V2Port = 3300;

    /// <summary>Whether only the v2 messenger answers there: Ceph takes port 3300 for v2 where no protocol is told.</summary>
    public bool IsV2 => Protocol == "v2" || (Protocol == "any" && Port == V2Port);

    /// <summary>Writes the address without protocol, as clients before Nautilus read it.</summary>
    /// <returns><c>ip:port</c> or <c>[ipv6]:port</c>, the port always there.</returns>
    public string ToV1Text()
    {
        string port = (Port ?? (Protocol == "v2" ? V2Port : V1Port)).ToString(CultureInfo.InvariantCulture);
        return Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{port}" : $"{Host}:{port}";
    }
}
