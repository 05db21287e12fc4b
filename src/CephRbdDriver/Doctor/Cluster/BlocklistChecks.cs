using System.Net;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>Whether the OSDs still serve this node.</summary>
internal sealed class BlocklistChecks(ClusterSession session)
{
    private const string Name = "blocklisted";

    /// <summary>No client of this node is on the cluster's blocklist.</summary>
    public Check Blocklisted => session.Check(Name, "ceph osd blocklist ls (Jewel: ceph osd blacklist ls)", Look);

    private IEnumerable<Finding> Look(ClusterExam exam, Deadline deadline)
    {
        string word = session.Map(deadline).Blocklist;
        IReadOnlyList<BlockedClient> blocked = BlockedClient.Parse(ClusterSession.Ask($"osd {word} ls", deadline, () => exam.Ask($"osd {word} ls")));
        return [Judge(blocked, OwnAddresses.Read(), Mapped(), word)];
    }

    /// <summary>Judges the list.</summary>
    /// <param name="blocked">The list.</param>
    /// <param name="own">This node's addresses.</param>
    /// <param name="mapped">The kernel's devices, and the address of the client that serves each.</param>
    /// <param name="word">blocklist, or blacklist before Pacific.</param>
    internal static Finding Judge(
        IReadOnlyList<BlockedClient> blocked, IReadOnlySet<IPAddress> own, IReadOnlyList<(string Device, string Address)> mapped, string word)
    {
        BlockedClient[] here = [.. blocked.Where(client => own.Any(client.Covers))];
        if (here.Length == 0)
        {
            return new Finding(Name, FindingState.Ok, $"{ClusterSession.Number(blocked.Count)} clients are on the cluster's {word}, none of this node");
        }

        string list = string.Join(", ", here.Take(8).Select(client => $"{client.Address} until {client.Until}")) + (here.Length > 8 ? $" and {ClusterSession.Number(here.Length - 8)} more" : "");
        string remove = string.Join("; ", here.Take(8).Select(client => client.IsRange
            ? $"ceph osd {word} range rm {client.Address.Replace(":0/", "/", StringComparison.Ordinal)}" : $"ceph osd {word} rm {client.Address}"));
        if (here.Any(client => client.IsWholeHost))
        {
            return new Finding(
                Name, FindingState.Failed, $"every client of this node is on the cluster's {word}, all I/O fails: {list}", $"if this node shall work again, with the admin key: {remove}");
        }

        (string Device, string Address)[] dead = [.. mapped.Where(device => here.Any(client => client.Address == device.Address))];
        return dead.Length > 0
            ? new Finding(
                Name, FindingState.Failed, $"the kernel's client of {string.Join(", ", dead.Select(device => device.Device))} is on the cluster's {word}, all its I/O fails: {list}",
                $"delete the pods that use it, so that it is unmapped and mapped anew by another client; if it is wanted as it is: {remove}")
            : new Finding(
                Name, FindingState.Warning, $"single clients of this node are on the cluster's {word}: another node took their images over. A VM or device that is still served by one has I/O errors: {list}",
                $"see which runs yet: ss -tnp | grep ceph; restart that pod. New clients are not concerned, and the entries end by themselves; before that: {remove}");
    }

    private static List<(string, string)> Mapped()
    {
        const string Devices = "/sys/bus/rbd/devices";
        return !Directory.Exists(Devices) ? [] :
        [
            .. Directory.EnumerateFileSystemEntries(Devices)
                .Select(path => ("/dev/rbd" + Path.GetFileName(path), Sysfs.ReadTrimmed(Path.Combine(path, "client_addr")) ?? "")),
        ];
    }
}
