using System.Globalization;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>Is shown a mount.</summary>
/// <param name="name">The last part of where it is mounted.</param>
/// <param name="source">The device or other source.</param>
internal delegate void MountVisitor(ReadOnlySpan<char> name, ReadOnlySpan<char> source);

/// <summary>All mounts of our mount namespace at one moment.</summary>
internal sealed class MountTable
{
    private static readonly int[] _corrupt = [Errno.Io, Errno.NotConnected, Errno.Stale, Errno.ShutDown, Errno.NoDevice, Errno.NoSuchDevice];

    private readonly string[] _lines;
    private readonly Func<string, (uint Major, uint Minor)?> _deviceAt;
    private readonly ILookup<string, int> _byPoint;
    private readonly ILookup<string, int> _byDevice;

    // Beside hundreds of volumes the table has as many lines, and a call asks for two or three of them: only those are
    // taken apart.
    private MountTable(string[] lines, Func<string, (uint Major, uint Minor)?> deviceAt)
    {
        _lines = lines;
        _deviceAt = deviceAt;
        _byPoint = Enumerable.Range(0, lines.Length).ToLookup(line => MountInfo.Unescape(Field(_lines[line], 4).ToString()), StringComparer.Ordinal);
        _byDevice = Enumerable.Range(0, lines.Length).ToLookup(DeviceOf, StringComparer.Ordinal);
    }

    /// <summary>All, in the kernel's order: of two on one place the later lies on top.</summary>
    public IEnumerable<MountEntry> Entries => Parsed(Enumerable.Range(0, _lines.Length));

    /// <summary>Reads the kernel's table.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="LinuxException">The node of a mounted device cannot be looked at.</exception>
    public static MountTable Read() => Of(File.ReadAllText("/proc/self/mountinfo"), DeviceNodes.BlockDeviceAt);

    /// <summary>The table that a mountinfo text tells.</summary>
    /// <param name="mountInfo">The text.</param>
    /// <param name="deviceAt">Tells the numbers of the block device that has a node.</param>
    public static MountTable Of(string mountInfo, Func<string, (uint Major, uint Minor)?> deviceAt) =>
        new(mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries), deviceAt);

    /// <summary>The mounts at exactly this place, the lowest first.</summary>
    /// <param name="place">Without symbolic links: see <see cref="Canonical"/>.</param>
    public IEnumerable<MountEntry> At(string place) => Parsed(_byPoint[place]);

    /// <summary>The mounts of one block device.</summary>
    public IEnumerable<MountEntry> Of(uint major, uint minor) =>
        Parsed(_byDevice[Numbers(major, minor)]);

    /// <summary>Shows all mounts right below a folder of this name, wherever it is; names with blanks as the kernel writes them.</summary>
    /// <param name="folder">The folder's own name.</param>
    /// <param name="visit">Is shown each.</param>
    public void VisitBelow(ReadOnlySpan<char> folder, MountVisitor visit)
    {
        foreach (string line in _lines)
        {
            ReadOnlySpan<char> point = Field(line, 4);
            int slash = point.LastIndexOf('/');
            int dash = line.IndexOf(" - ", StringComparison.Ordinal);
            if (slash > 0 && dash > 0 && Path.GetFileName(point[..slash]).SequenceEqual(folder))
            {
                visit(point[(slash + 1)..], Field(line.AsSpan(dash + 3), 1));
            }
        }
    }

    /// <summary>
    /// A place as mountinfo shows it. The place itself is not touched, only what leads to it: a mount whose device is
    /// gone could answer nothing.
    /// </summary>
    /// <exception cref="LinuxException">What leads to it is no directory.</exception>
    /// <exception cref="IOException">The kernel does not tell.</exception>
    public static string Canonical(string path)
    {
        string trimmed = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        // The dot makes a link at the parent's own place be followed.
        return Path.GetDirectoryName(trimmed) is { } parent
            ? Path.Combine(Files.CanonicalDirectory(Path.Combine(parent, ".")), Path.GetFileName(trimmed))
            : trimmed;
    }

    // btrfs has a number of its own in mountinfo, as it may lie on several devices: ours lie on the one they name.
    private static MountEntry WithDevice(MountEntry entry, Func<string, (uint Major, uint Minor)?> deviceAt) =>
        entry is { Major: 0, FsType: "btrfs" } && deviceAt(entry.Source) is var (major, minor)
            ? entry with { Major = (int)major, Minor = (int)minor }
            : entry;

    /// <summary>Whether what is mounted there answers with an error that says its device or server is gone.</summary>
    public static bool IsCorrupt(string place) => Files.ErrorOf(place) is { } errno && Array.IndexOf(_corrupt, errno) >= 0;

    private IEnumerable<MountEntry> Parsed(IEnumerable<int> lines) =>
        lines.Select(line => MountInfo.ParseLine(_lines[line])).OfType<MountEntry>().Select(entry => WithDevice(entry, _deviceAt));

    private static string Numbers(uint major, uint minor) => string.Create(CultureInfo.InvariantCulture, $"{major}:{minor}");

    private string DeviceOf(int line)
    {
        string numbers = Field(_lines[line], 2).ToString();
        return numbers.StartsWith("0:", StringComparison.Ordinal) && _lines[line].Contains(" - btrfs ", StringComparison.Ordinal)
            && MountInfo.ParseLine(_lines[line]) is { } entry && WithDevice(entry, _deviceAt) is { Major: > 0 } known
                ? Numbers((uint)known.Major, (uint)known.Minor)
                : numbers;
    }

    private static ReadOnlySpan<char> Field(ReadOnlySpan<char> rest, int number)
    {
        for (int i = 0; i < number; i++)
        {
            rest = rest[(rest.IndexOf(' ') + 1)..];
        }

        int end = rest.IndexOf(' ');
        return end < 0 ? rest : rest[..end];
    }
}
