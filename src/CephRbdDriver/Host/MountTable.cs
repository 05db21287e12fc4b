using System.Globalization;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>All mounts of our mount namespace at one moment.</summary>
internal sealed class MountTable
{
    private static readonly int[] _corrupt = [Errno.Io, Errno.NotConnected, Errno.Stale, Errno.ShutDown, Errno.NoDevice, Errno.NoSuchDevice];

    private readonly string[] _lines;
    private readonly ILookup<string, int> _byPoint;
    private readonly ILookup<string, int> _byDevice;

    // Beside hundreds of volumes the table has as many lines, and a call asks for two or three of them: only those are
    // taken apart.
    private MountTable(string[] lines)
    {
        _lines = lines;
        _byPoint = Enumerable.Range(0, lines.Length).ToLookup(line => MountInfo.Unescape(Field(line, 4)), StringComparer.Ordinal);
        _byDevice = Enumerable.Range(0, lines.Length).ToLookup(line => Field(line, 2), StringComparer.Ordinal);
    }

    /// <summary>All, in the kernel's order: of two on one place the later lies on top.</summary>
    public IEnumerable<MountEntry> Entries => _lines.Select(MountInfo.ParseLine).OfType<MountEntry>();

    /// <summary>Reads the kernel's table.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static MountTable Read() => Of(File.ReadAllText("/proc/self/mountinfo"));

    /// <summary>The table that a mountinfo text tells.</summary>
    public static MountTable Of(string mountInfo) => new(mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The mounts at exactly this place, the lowest first.</summary>
    /// <param name="place">Without symbolic links: see <see cref="Canonical"/>.</param>
    public IEnumerable<MountEntry> At(string place) => Parsed(_byPoint[place]);

    /// <summary>The mounts of one block device.</summary>
    public IEnumerable<MountEntry> Of(uint major, uint minor) =>
        Parsed(_byDevice[string.Create(CultureInfo.InvariantCulture, $"{major}:{minor}")]);

    /// <summary>The mounts right below a folder of this name, wherever it is.</summary>
    public IEnumerable<MountEntry> Below(string folder) =>
        Entries.Where(entry => Path.GetFileName(Path.GetDirectoryName(entry.MountPoint.AsSpan())).SequenceEqual(folder));

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

    /// <summary>Whether what is mounted there answers with an error that says its device or server is gone.</summary>
    public static bool IsCorrupt(string place) => Files.ErrorOf(place) is { } errno && Array.IndexOf(_corrupt, errno) >= 0;

    private IEnumerable<MountEntry> Parsed(IEnumerable<int> lines) => lines.Select(line => MountInfo.ParseLine(_lines[line])).OfType<MountEntry>();

    private string Field(int line, int number)
    {
        ReadOnlySpan<char> rest = _lines[line];
        for (int i = 0; i < number; i++)
        {
            rest = rest[(rest.IndexOf(' ') + 1)..];
        }

        int end = rest.IndexOf(' ');
        return end < 0 ? "" : rest[..end].ToString();
    }
}
