using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>The node's files as the checks read them.</summary>
/// <param name="Root">What stands before each path: empty for the node itself, a folder for what only looks like one.</param>
internal sealed record NodeFiles(string Root = "")
{
    private const int MostBytes = 1 << 20;

    /// <summary>Where a path of the node is.</summary>
    public string At(string path) => Root + path;

    /// <summary>Whether there is a file.</summary>
    public bool HasFile(string path) => File.Exists(At(path));

    /// <summary>Whether there is a folder.</summary>
    public bool HasFolder(string path) => Directory.Exists(At(path));

    /// <summary>A text file, its first MiB; null when there is none, or it went away meanwhile.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public string? Read(string path)
    {
        try
        {
            using var reader = new StreamReader(At(path));
            char[] buffer = new char[4096];
            var text = new System.Text.StringBuilder();
            for (int read; text.Length < MostBytes && (read = reader.Read(buffer)) > 0;)
            {
                text.Append(buffer, 0, read);
            }

            return text.ToString();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (e.HResult is Errno.NoProcess or Errno.NoDevice or Errno.NoEntry)
        {
            // A process or a device that ended between open and read.
            return null;
        }
    }

    /// <summary>The names in a folder, in order; none when there is no such folder.</summary>
    public IReadOnlyList<string> Names(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(At(folder)).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Where a symbolic link leads; null when there is none or it may not be read.</summary>
    public string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(At(path)).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
