using System.Globalization;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Ceph;

/// <summary>A process of a node, exact enough to know whether it still runs. It is the cookie of locks.</summary>
internal readonly record struct CallIdentity(string Node, string BootId, string PidNamespace, int Pid, long StartTime)
{
    /// <summary>This process.</summary>
    public static CallIdentity Self() => new(
        Environment.MachineName.Replace(' ', '_'),
        Processes.BootId(),
        OwnPidNamespace(),
        Environment.ProcessId,
        Processes.StartTime(Environment.ProcessId));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, out CallIdentity identity)
    {
        string[] parts = text.Split(' ');
        bool ok = parts.Length == 5
            & int.TryParse(parts.ElementAtOrDefault(3), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            & long.TryParse(parts.ElementAtOrDefault(4), NumberStyles.None, CultureInfo.InvariantCulture, out long start);
        identity = ok ? new CallIdentity(parts[0], parts[1], parts[2], pid, start) : default;
        return ok;
    }

    /// <summary>
    /// Whether it certainly runs no more: it belongs to this boot of this node and to a process namespace that we
    /// can look into, and is not there. Of any other nobody here can know.
    /// </summary>
    public bool IsGone() =>
        BootId == Processes.BootId() && PidNamespace == OwnPidNamespace() && !Processes.IsAlive(Pid, StartTime);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Node} {BootId} {PidNamespace} {Pid} {StartTime}");

    private static string OwnPidNamespace() => File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)?.Name ?? "?";
}
