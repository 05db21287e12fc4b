using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>The OSDs whose data dirs are on this very node: after a reboot a disk that is not mounted is why they don't start.</summary>
/// <param name="folder">Where the data dirs are.</param>
/// <param name="systemd">Where the admin's unit files are.</param>
internal sealed class LocalOsdChecks(string folder = "/var/lib/ceph/osd", string systemd = "/etc/systemd/system")
{
    private const string Name = "osds-here";

    /// <summary>Their data dirs are mounted, and their units run.</summary>
    public Check OsdsHere => new(Name, "a disk that hangs: dmesg; findmnt; cat /proc/mounts", Look);

    private List<Finding> Look(Deadline deadline)
    {
        (string Id, string Dir)[] all =
        [
            .. (Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder, "ceph-*") : []).Order(StringComparer.Ordinal)
                .Select(dir => (Path.GetFileName(dir)["ceph-".Length..], dir)).Where(osd => osd.Item1.Length > 0 && osd.Item1.All(char.IsAsciiDigit)),
        ];
        if (all.Length == 0)
        {
            return [new Finding(Name, FindingState.Skipped, $"no OSD has its data dir on this node ({folder}/ceph-*)")];
        }

        var mounts = MountTable.Read();
        IReadOnlyList<string> units = UnitStates([.. all.Select(osd => osd.Id)], deadline);
        List<Finding> findings = [.. all.Select((osd, i) => Judge(
            osd.Id, osd.Dir, DirProblem(osd.Dir, RequiredMounts(osd.Id), mounts), units.ElementAtOrDefault(i) ?? "unknown"))];
        Finding[] good = [.. findings.Where(finding => finding.State == FindingState.Ok)];
        return good.Length < 2
            ? findings
            : [.. findings.Except(good), new Finding(Name, FindingState.Ok, string.Join("; ", good.Select(finding => finding.Evidence)))];
    }

    /// <summary>Judges one OSD.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="dir">Its data dir.</param>
    /// <param name="problem">What is wrong with the data dir; null when nothing is.</param>
    /// <param name="unit">What systemd says of its unit.</param>
    internal static Finding Judge(string id, string dir, string? problem, string unit)
    {
        string start = $"systemctl reset-failed ceph-osd@{id}; systemctl restart ceph-osd@{id}; journalctl -u ceph-osd@{id} -n 30";
        return (problem, unit) switch
        {
            (null, "active") => new Finding(Name, FindingState.Ok, $"osd.{id}: {dir} is in place, ceph-osd@{id} is active"),
            (null, "unknown") => new Finding(Name, FindingState.Ok, $"osd.{id}: {dir} is in place; there is no systemd to ask for its unit"),
            (null, _) => new Finding(Name, FindingState.Failed, $"osd.{id}: {dir} is in place, but ceph-osd@{id} is {unit}", start),
            (_, "active") => new Finding(Name, FindingState.Warning, $"osd.{id} runs, but {problem}", $"findmnt -T {dir}/.; look before its next start: an OSD on the wrong disk fills that"),
            _ => new Finding(
                Name, FindingState.Failed, $"osd.{id}: {problem}; ceph-osd@{id} is {unit}",
                $"findmnt -T {dir}/.; mount -a (disks of ceph-volume: ceph-volume lvm activate --all); then {start}; all of this node: systemctl reset-failed 'ceph-osd@*'; systemctl restart ceph.target"),
        };
    }

    /// <summary>What is wrong with a data dir.</summary>
    /// <param name="dir">The dir, or the link that stands for it.</param>
    /// <param name="required">What its unit wants to be mounted.</param>
    /// <param name="mounts">What is mounted.</param>
    internal static string? DirProblem(string dir, IReadOnlyList<string> required, MountTable mounts)
    {
        string real = new DirectoryInfo(dir).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? dir;
        string shown = real == dir ? dir : $"{dir}, which leads to {real},";
        if (!Directory.Exists(real))
        {
            return $"{shown} is not there: its disk is not mounted";
        }

        if (required.FirstOrDefault(path => !Directory.Exists(path) || MountOf(path, mounts) == "/") is { } unmounted)
        {
            return $"its unit wants {unmounted} to be mounted (RequiresMountsFor), and {(Directory.Exists(unmounted) ? "it is part of the root file system" : "there is no such dir")}";
        }

        if (!Directory.EnumerateFileSystemEntries(real).Any())
        {
            return $"{shown} is empty and on the mount {MountOf(real, mounts)}: its disk is not mounted";
        }

        if (!File.Exists(Path.Combine(real, "whoami")))
        {
            return $"{shown} has no file whoami and is on the mount {MountOf(real, mounts)}: its disk is not mounted, or the OSD was never made";
        }

        string block = Path.Combine(real, "block");
        return Files.KindOf(block) == FileKind.Symlink && Files.ErrorOf(block) == Errno.NoEntry
            ? $"{block} leads to {new FileInfo(block).LinkTarget}, which is not there: the disk is missing, or its volume group is not active (lvs; vgchange -ay)"
            : null;
    }

    /// <summary>The paths of <c>RequiresMountsFor=</c> in the texts of unit files.</summary>
    internal static IReadOnlyList<string> RequiredMounts(IEnumerable<string> texts, string id) =>
    [
        .. texts.SelectMany(text => text.Split('\n')).Select(line => line.Trim())
            .Where(line => line.StartsWith("RequiresMountsFor=", StringComparison.Ordinal))
            .SelectMany(line => line["RequiresMountsFor=".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(path => path.Replace("%i", id, StringComparison.Ordinal).Replace("%I", id, StringComparison.Ordinal)).Distinct(),
    ];

    private IReadOnlyList<string> RequiredMounts(string id) => RequiredMounts(
        ((string[])[$"ceph-osd@{id}.service.d", "ceph-osd@.service.d"]).Select(name => Path.Combine(systemd, name)).Where(Directory.Exists)
            .SelectMany(drop => Directory.EnumerateFiles(drop, "*.conf")).Select(File.ReadAllText),
        id);

    // The mount that a dir is on.
    private static string MountOf(string dir, MountTable mounts)
    {
        for (string? place = Path.TrimEndingDirectorySeparator(dir); place is not null; place = Path.GetDirectoryName(place))
        {
            if (mounts.At(place).Any())
            {
                return place;
            }
        }

        return "/";
    }

    private static string[] UnitStates(string[] ids, Deadline deadline)
    {
        if (Tool.Find("systemctl") is not { } systemctl || !Directory.Exists("/run/systemd/system"))
        {
            return [];
        }

        using var limit = new Deadline(ClusterSession.Left(deadline));
        (_, string output, _) = Tool.Ask(systemctl, ["is-active", .. ids.Select(id => $"ceph-osd@{id}")], "/", limit);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
