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
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

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
        var namespaces = new HashSet<string>(StringComparer.Ordinal);
        string own = LinkOf("/proc/self/ns/mnt") ?? "";
        long began = Environment.TickCount64;
        foreach (int pid in Pids())
        {
            if (found.Count >= Most || Environment.TickCount64 - began > _patience.TotalMilliseconds)
            {
                break;
            }

            found.AddRange(MountedIn(pid, major, minor, own, namespaces).Concat(OpenIn(pid, device)).Take(Most));
        }

        return found.Count > 0
            ? string.Join("; ", found.Distinct().Take(Most))
            : "no process or mount was found that explains it (a loop or swap device, a process of another container?)";
    }

    // One look at each mount namespace, through the first process that is in it.
    private static IEnumerable<string> MountedIn(int pid, uint major, uint minor, string own, HashSet<string> seen)
    {
        string proc = Proc(pid);
        if (LinkOf(proc + "/ns/mnt") is not { } ns || !seen.Add(ns) || ReadText(proc + "/mountinfo") is not { } text)
        {
            return [];
        }

        return MountInfo.Parse(text)
            .Where(mount => mount.Major == major && mount.Minor == minor)
            .Select(mount => ns == own
                ? $"it is mounted at {mount.MountPoint}"
                : $"pid {pid} ({Command(pid)}) has it mounted at {mount.MountPoint} in another mount namespace")
            .ToArray();
    }

    private static IEnumerable<string> OpenIn(int pid, ulong device)
    {
        string proc = Proc(pid);
        if (pid == Environment.ProcessId)
        {
            return [];
        }

        var words = new List<string>();
        foreach (string link in Entries(proc + "/fd").Append(proc + "/cwd").Append(proc + "/root"))
        {
            if (Files.RealDeviceOf(link) == device)
            {
                words.Add($"pid {pid} ({Command(pid)}) has the device open");
                break;
            }

            if (Files.DeviceOf(link) == device)
            {
                words.Add($"pid {pid} ({Command(pid)}) uses {LinkOf(link) ?? "a file on it"}");
                break;
            }
        }

        return words;
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
