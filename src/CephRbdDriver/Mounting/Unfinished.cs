using System.Globalization;
using System.Text;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mounting;

/// <summary>
/// Which stage a pod's dir was given from, where unmount could not take that down: kubelet repeats the call with
/// nothing but the dir, and shall hear of it until it is done.
/// </summary>
internal sealed class Unfinished(DriverConfig config)
{
    private const uint OwnerOnly = 0x180; // 0600

    private string Folder => Path.Combine(config.RunDir, "unfinished");

    /// <summary>The stage's name; null when nothing of this dir is left to do.</summary>
    public string? Of(string dir)
    {
        try
        {
            string[] lines = File.ReadAllLines(PathOf(dir), Encoding.UTF8);
            return lines.Length == 2 && lines[0] == Plain(dir) && StageName.IsOne(lines[1]) ? lines[1] : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explained(e);
        }
    }

    /// <summary>All dirs with something left to do, and their stages' names.</summary>
    public IReadOnlyList<(string Dir, string Stage)> All()
    {
        try
        {
            return Directory.Exists(Folder)
                ? [.. Directory.EnumerateFiles(Folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Select(ReadPair).OfType<(string, string)>()]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explained(e);
        }
    }

    /// <summary>Remembers a stage.</summary>
    public void Write(string dir, string stage)
    {
        try
        {
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Files.WriteDurable(Folder, NameOf(dir), Encoding.UTF8.GetBytes($"{Plain(dir)}\n{stage}\n"), OwnerOnly);
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw Explained(e);
        }
    }

    /// <summary>Forgets it; fine if there is nothing.</summary>
    public void Remove(string dir)
    {
        try
        {
            Files.Remove(PathOf(dir));
        }
        catch (LinuxException e)
        {
            throw Explained(e);
        }
    }

    // Null: not written whole, or another call has finished meanwhile.
    private static (string Dir, string Stage)? ReadPair(string path)
    {
        try
        {
            return File.ReadAllLines(path, Encoding.UTF8) is [var dir, var stage] ? (dir, stage) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(string dir) => Path.Combine(Folder, NameOf(dir));

    private static string NameOf(string dir) => string.Create(CultureInfo.InvariantCulture, $"{Fnv.Hash(Plain(dir)):x16}");

    private static string Plain(string dir) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(dir));

    private VolumeException Explained(Exception e) =>
        new($"the notes on unmounts in {Folder} can't be used: {e.Message}. Check runDir in the config", e);
}
