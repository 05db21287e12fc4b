using System.Globalization;
using System.Security.Cryptography;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>
/// A folder that no call may touch: somebody's files, among them such as bear the names of the driver's own. What is in
/// it, modes and times included, is the same to the end.
/// </summary>
internal sealed class Canary
{
    private readonly string _before;

    public Canary(string path)
    {
        Dir = path;
        Directory.CreateDirectory(Path.Combine(path, "etc"));
        foreach (string name in (string[])["hyper-flexvolume.json", ".cephrbd-volume.json", ".hyper-flexvolume.json.0", "etc/passwd"])
        {
            string file = Path.Combine(path, name);
            File.WriteAllText(file, "somebody's " + name);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        _before = Look();
    }

    /// <summary>The folder.</summary>
    public string Dir { get; }

    /// <summary>Nothing is mounted on or in it, and nothing in it has changed.</summary>
    public void IsUntouched()
    {
        Assert.Empty(Mounted.At(Dir));
        Assert.Empty(Mounted.Below(Dir));
        Assert.Equal(_before, Look());
    }

    private string Look() => string.Join('\n', Directory.EnumerateFileSystemEntries(Dir, "*", SearchOption.AllDirectories)
        .Append(Dir)
        .Order(StringComparer.Ordinal)
        .Select(path => string.Create(CultureInfo.InvariantCulture, $"{path} {File.GetUnixFileMode(path)} {File.GetLastWriteTimeUtc(path).Ticks} {Sum(path)}")));

    private static string Sum(string path) => Directory.Exists(path) ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
}
