using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <summary>Processes of this machine, told apart over restarts by boot id, pid and start time.</summary>
public static class Processes
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    /// <summary>Ends the process at once: no exit handlers, no finalizers, no flushing.</summary>
    [DoesNotReturn]
    public static void ExitNow(int status)
    {
        Libc.ExitNow(status);
        throw new InvalidOperationException("_exit returned");
    }

    /// <summary>Whether this very process still runs. A zombie holds nothing any more, so it counts as gone.</summary>
    /// <param name="pid">Its number.</param>
    /// <param name="startTime">What <see cref="StartTime"/> said of it: numbers are used again.</param>
    public static bool IsAlive(int pid, long startTime)
        => ReadStat(pid) is { } stat && ParseStat(stat) is var (state, started)
            && started == startTime && state is not ('Z' or 'X' or 'x');

    /// <summary>When a process started, in clock ticks since boot (field 22 of its first thread's stat).</summary>
    /// <exception cref="LinuxException">ESRCH: no such process.</exception>
    /// <exception cref="FormatException">The kernel's line is not as proc(5) has it.</exception>
    public static long StartTime(int pid)
    {
        var stat = ReadStat(pid) ?? throw new LinuxException("open", Errno.NoProcess, StatPath(pid));
        return ParseStat(stat).StartTime;
    }

    /// <summary>The random id of this boot, a lower-case UUID.</summary>
    /// <exception cref="IOException">The kernel's file cannot be read.</exception>
    public static string BootId() => File.ReadAllText(BootIdPath).Trim();

    /// <summary>Sends a signal (0: only asks whether one could be sent).</summary>
    /// <returns>0, or the errno: ESRCH no such process, EPERM not ours.</returns>
    public static int Kill(int pid, int signal)
        => Libc.Kill(pid, signal) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Takes state and start time out of a /proc/PID/stat line, whose second field may hold blanks and parentheses.</summary>
    /// <exception cref="FormatException">The line is not as proc(5) has it.</exception>
    internal static (char State, long StartTime) ParseStat(string stat)
    {
        // The name ends at the last parenthesis; what follows has no parentheses. State is field 3, start time 22.
        var end = stat.LastIndexOf(')');
        var fields = stat[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (end < 0 || fields.Length < 20 || fields[0].Length != 1
            || !long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var startTime))
        {
            throw new FormatException("unexpected line in /proc/PID/stat");
        }

        return (fields[0][0], startTime);
    }

    // The first thread's line has the same fields. QEMU makes up /proc/PID/stat for the process that it emulates, with a
    // start a little later than the kernel's: each emulated process would take all others for gone.
    private static string StatPath(int pid) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{pid}/stat");

    private static string? ReadStat(int pid)
    {
        try
        {
            return File.ReadAllText(StatPath(pid));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (e.HResult == Errno.NoProcess)
        {
            // It ended between open and read.
            return null;
        }
    }
}
