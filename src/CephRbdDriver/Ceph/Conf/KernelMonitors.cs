using System.Net;

namespace CephRbd.Driver.Ceph.Conf;

/// <summary>Picks the monitors' addresses that the kernel is given. It resolves no names, and one line speaks one messenger.</summary>
internal static class KernelMonitors
{
    /// <summary>Picks the addresses of messenger v1, or where no monitor has one those of v2.</summary>
    /// <param name="monitors">The monitors' addresses.</param>
    /// <param name="v2Only">Whether the addresses are of messenger v2.</param>
    /// <returns>
    /// <c>ip:port</c> each, IPv6 in brackets, without repeats, in order. Empty when there are none, or when a host name is among
    /// them: then the monmap has the addresses.
    /// </returns>
    public static IReadOnlyList<string> Choose(IReadOnlyList<IReadOnlyList<MonAddress>> monitors, out bool v2Only)
    {
        v2Only = false;
        List<string> v1 = [];
        List<string> v2 = [];
        foreach (IReadOnlyList<MonAddress> monitor in monitors)
        {
            foreach (MonAddress address in monitor)
            {
                // The kernel knows no zone of an IPv6 address either.
                if (address.Host.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(address.Host, out _))
                {
                    return [];
                }

                List<string> picked = address.IsV2 ? v2 : v1;
                string text = address.ToV1Text();
                if (!picked.Contains(text))
                {
                    picked.Add(text);
                }
            }
        }

        v2Only = v1.Count == 0 && v2.Count > 0;
        return v2Only ? v2 : v1;
    }
}
