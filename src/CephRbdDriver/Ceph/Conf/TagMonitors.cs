namespace CephRbd.Driver.Ceph.Conf;

/// <summary>
/// Picks what the tag file lists as monitors. hyperd's libvirt driver splits a monitor only at its single colon, so each is
/// a bare <c>ip:port</c>, and of the v1 messenger where the monitor has one.
/// </summary>
internal static class TagMonitors
{
    /// <summary>Picks one address for each monitor.</summary>
    /// <param name="monitors">The monitors' addresses.</param>
    /// <returns>
    /// <c>ip:port</c> each, without repeats, in order. A monitor known only by v2 is given by that, which a librbd from
    /// Nautilus on takes, unless the same host is given by v1 too.
    /// </returns>
    public static IReadOnlyList<string> From(IReadOnlyList<IReadOnlyList<MonAddress>> monitors)
    {
        HashSet<string> v1Hosts = new(StringComparer.OrdinalIgnoreCase);
        foreach (IReadOnlyList<MonAddress> monitor in monitors)
        {
            foreach (MonAddress address in monitor)
            {
                if (!address.IsV2)
                {
                    v1Hosts.Add(address.Host);
                }
            }
        }

        List<string> picked = [];
        foreach (IReadOnlyList<MonAddress> monitor in monitors)
        {
            if (Best(monitor) is MonAddress best && !(best.IsV2 && v1Hosts.Contains(best.Host)))
            {
                string text = best.ToV1Text();
                if (!picked.Contains(text))
                {
                    picked.Add(text);
                }
            }
        }

        return picked;
    }

    private static MonAddress? Best(IReadOnlyList<MonAddress> monitor)
    {
        MonAddress? best = null;
        int bestRank = int.MaxValue;
        foreach (MonAddress address in monitor)
        {
            // v1 before unknown before v2; among equals IPv4, which survives the split at the colon.
            int rank = (address.IsV2 ? 4 : address.Protocol == "v1" ? 0 : 2)
                + (address.Host.Contains(':', StringComparison.Ordinal) ? 1 : 0);
            if (rank < bestRank)
            {
                best = address;
                bestRank = rank;
            }
        }

        return best;
    }
}
