using System.Globalization;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Logging;

/// <summary>
/// A log file that many processes append to and any of them rotates: NAME becomes NAME.1, that NAME.2, and so on,
/// and the oldest goes. Rotation happens under a lock on NAME.lock, with a second look at the size once the lock is
/// held; before each line a writer checks that its descriptor still is the file of that name. A writer that was
/// about to write when another rotated adds its line to NAME.1, so no line is lost before its file is the oldest.
/// </summary>
internal sealed class RotatingLogFile(string path, long maxBytes, int filesKept) : IDisposable
{
    private const uint DirectoryMode = 0x1E8;
    private const uint FileMode = 0x1A0;

    /// <summary>A lock held for longer than this belongs to a process that was stopped; then the file grows instead.</summary>
    private static readonly TimeSpan _lockPatience = TimeSpan.FromMilliseconds(100);

    private AppendOnlyFile? _file;

    /// <summary>Adds one line, its newline included. A line longer than the limit gets a file of its own.</summary>
    /// <exception cref="LinuxException">A call failed.</exception>
    /// <exception cref="IOException">The directory above the log's own cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">As above, for want of permission.</exception>
    public void Append(ReadOnlySpan<byte> line)
    {
        var file = Current();
        if (IsFull(file, line.Length))
        {
            Rotate(line.Length);
            file = Current();
        }

        file.WriteLine(line);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => Close();

    private AppendOnlyFile Current()
    {
        if (_file is { IsStillAtItsPath: false })
        {
            Close();
        }

        return _file ??= Open();
    }

    private AppendOnlyFile Open()
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(directory))
        {
            if (Path.GetDirectoryName(directory) is { } above)
            {
                Directory.CreateDirectory(above);
            }

            Files.MakeDirectory(directory, DirectoryMode);
        }

        return AppendOnlyFile.Open(path, FileMode);
    }

    private bool IsFull(AppendOnlyFile file, int more)
        => file.Length is var length && length > 0 && length + more > maxBytes;

    private void Rotate(int more)
    {
        using var held = FileLock.TryAcquire(path + ".lock", FileMode, _lockPatience);
        if (held is null || !IsFull(Current(), more))
        {
            return;
        }

        if (filesKept == 0)
        {
            Files.Remove(path);
            return;
        }

        for (var number = filesKept - 1; number >= 1; number--)
        {
            if (Files.KindOf(Numbered(number)) != FileKind.Missing)
            {
                Files.Rename(Numbered(number), Numbered(number + 1));
            }
        }

        Files.Rename(path, Numbered(1));
    }

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
