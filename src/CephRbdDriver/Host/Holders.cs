using System.Globalization;
using System.Text;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>
/// Finds who keeps a block device in use: processes that have it or files on it open, mounts of it in any mount
/// namespace, other devices built on it. For a message: best effort, and bounded.
/// </summary>
internal static class Holders
{
    private const int Most = 5;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    /// <summary>Who holds the device, in words that name pid, command and place.</summary>
    /// <param name="major">The device's major number.</param>
    /// <param name="minor">The device's minor number.</param>
    /// <param name="name">The kernel's name of the device, for those built on it; may be null.</param>
    public static string Describe(uint major, uint minor, string? name)
    {
        var found = new List<string>();
        if (name is not null && Directory.Exists($"/sys/block/{name}/holders"))
        {
            found.AddRange(Directory.EnumerateFileSystemEntries($"/sys/block/{name}/holders").Select(path => $"the device {Path.GetFileName(path)} is built on it"));
        }

        ulong device = DeviceNodes.Encode(major, minor);
        var places = new Dictionary<string, string[]>(StringComparer.Ordinal);
        string own = LinkOf("/proc/self/ns/mnt") ?? "";
        long began = Environment.TickCount64;
        foreach (int pid in Pids())
        {
            if (found.Count >= Most || Environment.TickCount64 - began > _patience.TotalMilliseconds)
            {
                break;
            }

            if (LinkOf(Proc(pid) + "/ns/mnt") is not { } ns)
            {
                continue;
            }

            if (!places.TryGetValue(ns, out string[]? mounted))
            {
                mounted = places[ns] = MountedIn(pid, major, minor);
                found.AddRange(mounted.Take(Most).Select(place => ns == own
                    ? $"it is mounted at {place}"
                    : $"pid {pid} ({Command(pid)}) has it mounted at {place} in another mount namespace"));
            }

            if (name is not null && Command(pid) is ['c', 'e', 'p', 'h', 'r', 'b', 'd', '-', ..] ours && ours.Contains($"/dev/{name} ", StringComparison.Ordinal))
            {
                found.Add($"pid {pid} ({ours}) still waits for the cluster on behalf of a call that has ended");
            }
            else if (UseOf(pid, device, mounted) is { } use)
            {
                found.Add($"pid {pid} ({Command(pid)}) {use}");
            }
        }

        return found.Count > 0
            ? string.Join("; ", found.Distinct().Take(Most))
            : "no process or mount was found that explains it (what was written and has not reached the cluster yet, a loop or swap device, a process of another container?)";
    }

    /// <summary>
    /// Whether a file system on the device is mounted nowhere any more and still not done with it: what was written is
    /// on its way to the device.
    /// </summary>
    /// <param name="path">The device's node.</param>
    /// <param name="major">The device's major number.</param>
    /// <param name="minor">The device's minor number.</param>
    /// <returns>True in doubt, as long as somebody claims the device; false where its node does not tell.</returns>
    public static bool IsWritingOut(string path, uint major, uint minor)
    {
        try
        {
            if (DeviceNodes.IsFree(path))
            {
                return false;
            }
        }
        catch (LinuxException)
        {
            // The device does not answer: nothing can reach it.
            return false;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        return !Pids().Any(pid => LinkOf(Proc(pid) + "/ns/mnt") is { } ns && seen.Add(ns) && MountedIn(pid, major, minor).Length > 0);
    }

    // One look at each mount namespace, through the first process that is in it.
    private static string[] MountedIn(int pid, uint major, uint minor) =>
        ReadText(Proc(pid) + "/mountinfo") is { } text
            ? [.. MountTable.Of(text, DeviceNodes.BlockDeviceAt).Of(major, minor).Select(mount => mount.MountPoint)]
            : [];

    // Only links are read, and only what lies in /dev is asked for more: a file on a server that is gone would not answer.
    private static string? UseOf(int pid, ulong device, string[] mounted)
    {
        if (pid == Environment.ProcessId)
        {
            return null;
        }

        string proc = Proc(pid);
        foreach (string link in Entries(proc + "/fd").Append(proc + "/cwd").Append(proc + "/root"))
        {
            if (LinkOf(link) is not { } target)
            {
                continue;
            }

            if (target.StartsWith("/dev/", StringComparison.Ordinal) && Files.RealDeviceOf(link) == device)
            {
                return $"has {target} open";
            }

            if (Array.Exists(mounted, place => target == place || target.StartsWith(place + "/", StringComparison.Ordinal)))
            {
                return $"uses {target}";
            }
        }

        return null;
    }

    private static IEnumerable<int> Pids()
    {
        foreach (string path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                yield return pid;
            }
        }
    }

    private static string Proc(int pid) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");

    // The command as ps shows it, cut: arguments may be long. The redactor sees to keys.
    private static string Command(int pid)
    {
        string line = (ReadText(Proc(pid) + "/cmdline") ?? "").Replace('\0', ' ').Trim();
        line = line.Length > 0 ? line : (ReadText(Proc(pid) + "/comm") ?? "?").Trim();
        return line.Length <= 60 ? line : line[..60] + "…";
    }

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process ended.
            return [];
        }
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
