using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Status;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Whether there is room where the driver, kubelet and this node's OSDs write.</summary>
internal sealed class DiskChecks(NodeView node)
{
    private const string Name = "disk";

    /// <summary>One place.</summary>
    /// <param name="Path">Where something is written.</param>
    /// <param name="What">Who writes there, and what.</param>
    /// <param name="IsOsd">Whether an OSD does: it stops at 95 %.</param>
    internal sealed record Place(string Path, string What, bool IsOsd = false);

    /// <summary>There is room.</summary>
    public Check Disk => new(Name, "df; df -i; dmesg", _ => [.. Judge(See())]);

    private IReadOnlyList<Place> Places()
    {
        DriverConfig config = node.Config;
        return
        [
            new(config.ScratchDir, "mkfs's scratch files"), new(config.RunDir, "the driver's notes"), new(Path.GetDirectoryName(config.LogFile) ?? "/", "the log"),
            .. config.Runtime == RuntimeKind.Host ? (Place[])[new(config.StagingDir, "mounts")] : [],
            new("/var/lib/kubelet", "kubelet"),
            .. node.OsdFolders.Select(folder => new Place(folder, "an OSD's data", IsOsd: true)),
        ];
    }

    private List<(Place Place, FileSystemUse? Use, bool ReadOnly)> See()
    {
        List<(Place, FileSystemUse?, bool)> seen = [];
        HashSet<(ulong?, bool)> asked = [];
        foreach (Place place in Places())
        {
            // Several places mostly share a file system, and one word about it is enough.
            string folder = NodeMounts.Existing(node.Files.At(place.Path));
            if (asked.Add((Files.DeviceOf(folder), place.IsOsd)))
            {
                seen.Add((place with { Path = folder }, FileSystemUse.Of(folder), NodeMounts.Above(folder)?.IsReadOnly ?? false));
            }
        }

        return seen;
    }

    /// <summary>The findings: each place that is short of room, or that none is.</summary>
    internal static IReadOnlyList<Finding> Judge(IReadOnlyList<(Place Place, FileSystemUse? Use, bool ReadOnly)> seen)
    {
        List<Finding> found = [];
        List<string> fine = [];
        foreach ((Place place, FileSystemUse? asked, bool readOnly) in seen)
        {
            string where = $"{place.Path} ({place.What})";
            string look = $"df -h {place.Path}; df -i {place.Path}; du -xh -d2 $(findmnt -n -o TARGET -T {place.Path}) | sort -h | tail -20";
            if (readOnly)
            {
                found.Add(new Finding(
                    Name, FindingState.Failed, $"{where} lies on a file system that takes no writes",
                    $"findmnt -T {place.Path}; dmesg | grep -i -E 'remount|error' | tail; after a check of the disk: mount -o remount,rw $(findmnt -n -o TARGET -T {place.Path})"));
                continue;
            }

            if (asked is not { } use || use.TotalBytes == 0)
            {
                continue;
            }

            ulong whole = use.UsedBytes + use.AvailableBytes;
            int percent = whole == 0 ? 100 : (int)Math.Ceiling(use.UsedBytes * 100.0 / whole);
            int inodes = use.Inodes == 0 ? 0 : (int)Math.Ceiling((use.Inodes - use.InodesFree) * 100.0 / use.Inodes);
            string figures = string.Create(CultureInfo.InvariantCulture, $"{where}: {percent} % used, {StatusText.Rounded(use.AvailableBytes)} free{(inodes > 90 ? $", {inodes} % of the inodes used" : "")}");
            bool isFull = percent >= 99 || inodes >= 100 || (place.IsOsd && percent >= 95);
            if (isFull || percent > (place.IsOsd ? 85 : 95) || inodes > 95)
            {
                found.Add(new Finding(
                    Name, isFull ? FindingState.Failed : FindingState.Warning,
                    place.IsOsd ? $"{figures}. At 95 % an OSD takes no more writes, and all volumes stand still" : figures,
                    place.IsOsd ? $"ceph osd df; ceph df: remove images nobody needs, or add an OSD. {look}" : look));
            }
            else
            {
                fine.Add(figures);
            }
        }

        return found.Count > 0 ? found : [new Finding(Name, FindingState.Ok, string.Join("; ", fine))];
    }
}
