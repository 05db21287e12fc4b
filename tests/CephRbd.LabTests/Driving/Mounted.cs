using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using CephRbd.Native.Linux;

namespace CephRbd.LabTests.Driving;

/// <summary>One line of mountinfo, as far as the tests ask for it.</summary>
public sealed record MountLine(string MountPoint, string FsType, string Source);

/// <summary>What is mounted, and signals: read from the kernel without the driver's own parser.</summary>
public static partial class Mounted
{
    public const int Term = 15;
    public const int Stop = 19;
    public const int Continue = 18;
    private const int SigKill = 9;
    private const int NoSuchProcess = 3;

    /// <summary>The mounts on exactly this path, the lowest first.</summary>
    public static IReadOnlyList<MountLine> At(string path) => [.. All().Where(mount => mount.MountPoint == path)];

    /// <summary>The mounts on paths below a folder.</summary>
    public static IReadOnlyList<MountLine> Below(string folder) =>
        [.. All().Where(mount => mount.MountPoint.StartsWith(folder + "/", StringComparison.Ordinal))];

    /// <summary>Unmounts all below a folder, the newest first.</summary>
    public static void UnmountBelow(string folder)
    {
        foreach (MountLine mount in Below(folder).Reverse())
        {
            Mounts.Unmount(mount.MountPoint, lazy: true);
        }
    }

    /// <summary>Sends a signal.</summary>
    public static void Signal(int pid, int signal) => Assert.True(Kill(pid, signal) == 0, $"signal {signal} did not reach process {pid}");

    /// <summary>Kills a process and waits until the kernel has closed what it had open.</summary>
    public static void End(int pid)
    {
        Signal(pid, SigKill);
        for (var watch = Stopwatch.StartNew(); !HasEnded(pid); Thread.Sleep(5))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"process {pid} was killed and did not end");
        }
    }

    // Until its parent asks for its status it is there without anything; the first thread may have ended before others.
    private static bool HasEnded(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal) && Directory.GetDirectories($"/proc/{pid}/task").Length <= 1;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException { HResult: NoSuchProcess })
        {
            return true;
        }
    }

    private static IEnumerable<MountLine> All() => File.ReadAllLines("/proc/self/mountinfo").Select(Parse);

    private static MountLine Parse(string line)
    {
        string[] halves = line.Split(" - ", 2);
        string[] tail = halves[1].Split(' ');
        return new MountLine(Unescape(halves[0].Split(' ')[4]), tail[0], Unescape(tail[1]));
    }

    private static string Unescape(string text)
    {
        for (int at = text.IndexOf('\\', StringComparison.Ordinal); at >= 0; at = text.IndexOf('\\', at + 1))
        {
            text = text[..at] + (char)int.Parse(OctalToDecimal(text.Substring(at + 1, 3)), CultureInfo.InvariantCulture) + text[(at + 4)..];
        }

        return text;
    }

    private static string OctalToDecimal(string octal) => Convert.ToInt32(octal, 8).ToString(CultureInfo.InvariantCulture);

    /// <summary><c>int kill(pid_t pid, int sig)</c></summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
