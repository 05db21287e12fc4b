using System.Globalization;
using System.Text;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mounting;

/// <summary>
/// Which stage a pod's dir was given from, where unmount could not take that down: kubelet repeats the call with
/// nothing but the dir, and shall hear of it until it is done.
/// </summary>
internal sealed class Unfinished(DriverConfig config)
{
    private readonly PrivateFolder _folder = new(Path.Combine(config.RunDir, "unfinished"), "the notes on unmounts");

    /// <summary>The stage's name; null when nothing of this dir is left to do.</summary>
    /// <exception cref="VolumeException">It can't be read.</exception>
    public string? Of(string dir) => _folder.Explained(() =>
        ReadPair(_folder.PathOf(NameOf(dir))) is var (noted, stage) && noted == Plain(dir) && StageName.IsOne(stage) ? stage : null);

    /// <summary>All dirs with something left to do, and their stages' names.</summary>
    /// <exception cref="VolumeException">They can't be read.</exception>
    public IReadOnlyList<(string Dir, string Stage)> All() => _folder.Explained(() => _folder.All().Select(ReadPair).OfType<(string, string)>().ToArray());

    /// <summary>Remembers a stage.</summary>
    /// <exception cref="VolumeException">It can't be written.</exception>
    public void Write(string dir, string stage) => _folder.Write(NameOf(dir), Encoding.UTF8.GetBytes($"{Plain(dir)}\n{stage}\n"));

    /// <summary>Forgets it; fine if there is nothing.</summary>
    /// <exception cref="VolumeException">It can't be removed.</exception>
    public void Remove(string dir) => _folder.Remove(NameOf(dir));

    // Null: not written whole, or another call has finished meanwhile.
    private static (string Dir, string Stage)? ReadPair(string path)
    {
        try
        {
            return File.ReadAllLines(path, Encoding.UTF8) is [var dir, var stage] ? (dir, stage) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string NameOf(string dir) => string.Create(CultureInfo.InvariantCulture, $"{Fnv.Hash(Plain(dir)):x16}");

    private static string Plain(string dir) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(dir));
}
