using System.Net;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>
/// The OSDs: what the monitors take them for, and whether they answer this node. After the last OSDs died together the
/// monitors count them as up for a quarter of an hour, since nobody is left to report them.
/// </summary>
internal sealed class OsdChecks(DriverConfig config, ClusterSession session)
{
    private const string Name = "osds";
    private const int MostAsked = 64;
    private const int MostNamed = 12;

    /// <summary>They are up, and answer.</summary>
    public Check Osds => session.Check(Name, "ceph osd tree; the network to the OSDs' nodes", Look);

    private IEnumerable<Finding> Look(ClusterExam exam, Deadline deadline)
    {
        OsdMap map = session.Map(deadline);
        OsdFacts[] asked = [.. map.Osds.Where(osd => osd.IsUp && osd.Addresses.Any(address => IPAddress.TryParse(address.Host, out _))).Take(MostAsked)];
        IReadOnlyList<DaemonAddress> answers = CephDaemon.Ask(
            [.. asked.Select(osd => osd.Addresses.OrderByDescending(address => address.IsV2).First(address => IPAddress.TryParse(address.Host, out _)))], "OSD");
        var seen = asked.Zip(answers, (osd, answer) => (osd.Id, answer)).ToDictionary(pair => pair.Id, pair => pair.answer);
        long minSize = map.Pools.FirstOrDefault(pool => pool.Name == config.Pool)?.MinSize ?? 1;
        return [Judge(map.Osds, seen, session.Hosts(deadline), minSize)];
    }

    /// <summary>Judges what the monitors know and what was seen.</summary>
    /// <param name="osds">All OSDs.</param>
    /// <param name="seen">What was seen of those that were asked.</param>
    /// <param name="hosts">On which host each is.</param>
    /// <param name="minSize">How many copies the pool needs to be written.</param>
    internal static Finding Judge(
        IReadOnlyList<OsdFacts> osds, IReadOnlyDictionary<long, DaemonAddress> seen, IReadOnlyDictionary<long, string> hosts, long minSize)
    {
        if (osds.Count == 0)
        {
            return new Finding(Name, FindingState.Failed, "the cluster has no OSD", "on each storage node: /usr/share/cephrbd/ceph/3_ceph_add_osd.sh DIR");
        }

        OsdFacts[] down = [.. osds.Where(osd => !osd.IsUp)];
        OsdFacts[] mute = [.. osds.Where(osd => osd.IsUp && seen.TryGetValue(osd.Id, out DaemonAddress? answer) && !answer.IsCeph)];
        int alive = osds.Count - down.Length - mute.Length;
        string counts = $"{ClusterSession.Number(osds.Count)} OSDs, {ClusterSession.Number(osds.Count - down.Length)} up, {ClusterSession.Number(osds.Count(osd => osd.IsIn))} in";
        if (seen.Count > 0)
        {
            counts += $"; {ClusterSession.Number(seen.Count - mute.Length)} of {ClusterSession.Number(seen.Count)} that were asked answer this node";
        }

        if (down.Length == 0 && mute.Length == 0)
        {
            return new Finding(Name, FindingState.Ok, counts);
        }

        string evidence = counts
            + Listed("down", down.Select(osd => OsdMap.NameOf(osd.Id, hosts)))
            + string.Concat(mute.GroupBy(osd => seen[osd.Id].Seen).Select(same => Listed(
                $"up for the monitors, but here \"{same.Key}\"", same.Select(osd => $"{OsdMap.NameOf(osd.Id, hosts)} at {seen[osd.Id].Place}"))));
        bool enough = alive >= Math.Max(1, minSize);
        return new Finding(
            Name, enough ? FindingState.Warning : FindingState.Failed,
            alive == 0 ? $"not one OSD works: all I/O waits. {evidence}"
                : enough ? evidence
                : $"fewer OSDs work than the pool's min_size of {ClusterSession.Number(minSize)}: I/O waits. {evidence}",
            Remedy(down.Concat(mute).Select(osd => osd.Id).ToArray(), mute.Select(osd => seen[osd.Id].Remedy), hosts));
    }

    private static string Remedy(long[] ids, IEnumerable<string> hints, IReadOnlyDictionary<long, string> hosts)
    {
        string where = string.Join(", ", ids.Where(hosts.ContainsKey).Select(id => hosts[id]).Distinct().Take(MostNamed));
        string ofOne = string.Join(' ', ids.Take(MostNamed).Select(id => $"/var/lib/ceph/osd/ceph-{ClusterSession.Number(id)}"));
        string usual = $"on each of their nodes{(where.Length > 0 ? $" ({where})" : "")}: is the data dir mounted? for d in {ofOne}; do findmnt -T $d; done; if not: mount -a (disks of ceph-volume: ceph-volume lvm activate --all); then systemctl reset-failed 'ceph-osd@*'; systemctl restart ceph.target; ceph osd tree";
        return string.Join("; ", hints.Where(hint => hint.Length > 0).Distinct().Take(2).Append(usual));
    }

    private static string Listed(string what, IEnumerable<string> names)
    {
        string[] all = [.. names];
        return all.Length == 0 ? "" : $"; {what}: {string.Join(", ", all.Take(MostNamed))}{(all.Length > MostNamed ? $" and {ClusterSession.Number(all.Length - MostNamed)} more" : "")}";
    }
}
