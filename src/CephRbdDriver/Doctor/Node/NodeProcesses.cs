using System.Globalization;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>One process of the node.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Arguments">Its argv, the program first.</param>
/// <param name="State">The kernel's letter: <c>R</c>, <c>S</c>, <c>D</c>, <c>T</c>, <c>Z</c> …</param>
/// <param name="StartTicks">When it started, in clock ticks since boot.</param>
/// <param name="SeesOurFiles">Whether it has the mount namespace that this program has.</param>
internal sealed record NodeProcess(int Pid, IReadOnlyList<string> Arguments, char State, long StartTicks, bool SeesOurFiles)
{
    // The kernel tells times to programs in this unit on every machine that Ceph is built for.
    private const int TicksPerSecond = 100;

    /// <summary>How long it runs; null when nothing tells. One that is started anew all the time is known by this.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>When it was started, in seconds after boot.</summary>
    public long StartSecond => StartTicks / TicksPerSecond;

    /// <summary>The program's own name; <c>hyperkube kubelet</c> is a kubelet.</summary>
    public string Name => Path.GetFileName(Arguments[0]) is var name && name == "hyperkube" && Arguments.Count > 1 ? Arguments[1] : Path.GetFileName(Arguments[0]);

    /// <summary>Whether a signal has stopped it: it is there, and does nothing.</summary>
    public bool IsStopped => State is 'T' or 't';

    /// <summary>Its number, state and age for evidence.</summary>
    public string Described
    {
        get
        {
            string age = Age switch
            {
                null => "",
                { TotalSeconds: < 120 } time => $", up {time.TotalSeconds:0} s",
                { TotalHours: < 2 } time => $", up {time.TotalMinutes:0} min",
                { TotalDays: < 2 } time => $", up {time.TotalHours:0} h",
                { } time => $", up {time.TotalDays:0} d",
            };
            return string.Create(CultureInfo.InvariantCulture, $"pid {Pid}{(IsStopped ? ", stopped by a signal" : State == 'D' ? ", waiting in the kernel" : "")}{age}");
        }
    }
}

/// <summary>The node's processes at one moment.</summary>
internal sealed class NodeProcesses
{
    private readonly IReadOnlyList<NodeProcess> _all;

    private NodeProcesses(IReadOnlyList<NodeProcess> all) => _all = all;

    /// <summary>Reads <c>/proc</c>. Zombies and the kernel's own threads are left out.</summary>
    public static NodeProcesses Read(NodeFiles files)
    {
        string? own = files.LinkOf("/proc/self/ns/mnt");
        string? pids = files.LinkOf("/proc/self/ns/pid");
        double? uptime = double.TryParse(files.Read("/proc/uptime")?.Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) ? seconds : null;
        List<NodeProcess> all = [];
        foreach (string name in files.Names("/proc"))
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && One(files, pid, own, pids) is { } process)
            {
                all.Add(process with { Age = uptime - process.StartSecond is { } age and >= 0 ? TimeSpan.FromSeconds(age) : null });
            }
        }

        return new NodeProcesses(all);
    }

    /// <summary>The one that runs longest of those with this name; processes of containers do not count.</summary>
    /// <param name="names">The program's names.</param>
    public NodeProcess? Find(params string[] names) =>
        _all.Where(process => names.Contains(process.Name)).OrderByDescending(process => process.SeesOurFiles).ThenBy(process => process.StartTicks).FirstOrDefault();

    /// <summary>All with this name.</summary>
    public IEnumerable<NodeProcess> Named(string name) => _all.Where(process => process.Name == name);

    // What is in a container has process numbers of its own; a service of systemd may have mounts of its own.
    private static NodeProcess? One(NodeFiles files, int pid, string? own, string? pids)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        try
        {
            if (files.LinkOf(folder + "/ns/pid") != pids
                || files.Read(folder + "/stat") is not { } stat || ParseStat(stat) is not var (state, started)
                || state is 'Z' or 'X' || files.Read(folder + "/cmdline") is not { Length: > 0 } line)
            {
                return null;
            }

            string[] arguments = line.TrimEnd('\0').Split('\0');
            return arguments[0].Length == 0 ? null : new NodeProcess(pid, arguments, state, started, files.LinkOf(folder + "/ns/mnt") == own);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.HResult == Errno.NoProcess || !files.HasFolder(folder) ? null : throw new IOException($"{folder}: {e.Message}", e);
        }
    }

    /// <summary>State and start time out of a <c>stat</c> line; null when it has another form.</summary>
    internal static (char State, long StartTicks)? ParseStat(string stat)
    {
        // The name, in parentheses, may hold anything.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return fields.Length >= 20 && fields[0].Length == 1 && long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out long started)
            ? (fields[0][0], started)
            : null;
    }
}
