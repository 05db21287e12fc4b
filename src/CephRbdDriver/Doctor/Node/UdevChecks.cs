using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>
/// Whether udevd answers. The driver maps without it; <c>rbd map</c> and <c>rbd unmap</c> by hand wait for it for ever,
/// and without it disks of OSDs get no links by label or id.
/// </summary>
internal sealed class UdevChecks(NodeView node)
{
    private const string Name = "udev";
    private const string Script = "/usr/share/cephrbd/ceph/6_ensure_udevd.sh";

    // udevadm's own limit ends before ours: then its words are heard.
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(3);

    /// <summary>What came of the question to udevd.</summary>
    /// <param name="IsInstalled">Whether there is an udevadm.</param>
    /// <param name="Exit">Its exit status; null when it did not end in time.</param>
    /// <param name="Words">What it said.</param>
    internal sealed record Ping(bool IsInstalled, int? Exit, string Words);

    /// <summary>udevd answers a ping.</summary>
    public Check Udev => new(Name, "udevadm control --ping; systemctl status systemd-udevd", deadline =>
        [Judge(Ask(deadline), node.Processes.Find("systemd-udevd", "udevd"), Reason())]);

    private static Ping Ask(Deadline deadline)
    {
        if (Tool.Find("udevadm") is not { } udevadm)
        {
            return new Ping(IsInstalled: false, null, "");
        }

        using var limit = NodeView.Short(deadline, _limit);
        try
        {
            (int exit, string words) = Tool.Run(udevadm, ["control", "--timeout=2", "--ping"], "/", limit);
            return new Ping(IsInstalled: true, exit, words);
        }
        catch (DeadlineException)
        {
            return new Ping(IsInstalled: true, null, $"no answer within {_limit.TotalSeconds:0} s");
        }
    }

    // Where somebody is to map by hand, or a disk of an OSD is to be found, it is no small matter.
    private string? Reason() =>
        node.Files.HasFolder("/sys/bus/rbd") ? "the kernel's rbd is loaded"
        : node.OsdFolders is [var folder, ..] ? $"an OSD is on this node ({folder})"
        : node.Processes.Find("ceph-osd") is { } osd ? $"an OSD runs on this node ({osd.Described})"
        : null;

    /// <summary>The finding.</summary>
    /// <param name="ping">What udevd answered.</param>
    /// <param name="process">Its process.</param>
    /// <param name="reason">Why this node needs it; null when it does without.</param>
    internal static Finding Judge(Ping ping, NodeProcess? process, string? reason)
    {
        if (ping is { Exit: 0 } && ping.Words.Contains("chroot", StringComparison.Ordinal))
        {
            return new Finding(Name, FindingState.Skipped, $"udevadm does not ask udevd from a chroot ({ping.Words}): run the doctor on the node itself");
        }

        if (ping.Exit == 0)
        {
            return new Finding(Name, FindingState.Ok, $"udevd answers{(process is null ? "" : $" ({process.Described})")}");
        }

        string seen = process is null ? "no process of it runs" : $"its process is there ({process.Described})";
        string evidence = !ping.IsInstalled
            ? "there is no udevadm, so no udevd, on this node"
            : $"udevd does not answer (udevadm control --ping: {(ping.Exit is { } exit ? $"exit status {exit}: {ping.Words}" : ping.Words)}); {seen}";
        string start = process is { IsStopped: true } ? $"kill -CONT {process.Pid}"
            : process is not null ? "systemctl restart systemd-udevd"
            : "systemctl start systemd-udevd";
        return new Finding(
            Name, reason is null ? FindingState.Warning : FindingState.Failed,
            $"{evidence}. rbd map and rbd unmap by hand hang{(reason is null ? "" : $", and {reason}")}; the driver itself maps without it",
            $"{(ping.IsInstalled ? "" : "apt install udev; ")}{start}; then udevadm control --ping must end with 0 ({Script} does it and keeps it so). A map that hung is mapped all the same: rbd showmapped, rbd unmap");
    }
}
