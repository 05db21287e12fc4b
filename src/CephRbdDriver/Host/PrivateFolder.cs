using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>A folder for root alone, in which each file is written whole or not at all. It is made when first written to.</summary>
/// <param name="path">Where it is, in runDir.</param>
/// <param name="content">What is kept in it, for messages.</param>
internal sealed class PrivateFolder(string path, string content)
{
    private const uint OwnerOnly = 0x180; // 0600

    /// <summary>Makes a folder for root alone, and those above it; fine if it is there.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Make(string path) =>
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>Where a file of this name is.</summary>
    public string PathOf(string name) => Path.Combine(path, name);

    /// <summary>The paths of all files; none where there is no folder.</summary>
    /// <exception cref="VolumeException">They can't be listed.</exception>
    public string[] All() => Explained(() =>
        // A leading dot: one that is being written, or was when its call was killed.
        Directory.Exists(path) ? Directory.EnumerateFiles(path).Where(file => !Path.GetFileName(file.AsSpan()).StartsWith('.')).ToArray() : []);

    /// <summary>Writes a file.</summary>
    /// <exception cref="VolumeException">It can't be written.</exception>
    public void Write(string name, byte[] bytes) => Explained(() =>
    {
        Make(path);
        Files.WriteDurable(path, name, bytes, OwnerOnly);
        return true;
    });

    /// <summary>Removes a file; fine if there is none.</summary>
    /// <exception cref="VolumeException">It can't be removed.</exception>
    public void Remove(string name) => Explained(() =>
    {
        Files.Remove(PathOf(name));
        return true;
    });

    /// <summary>Does something with the folder, and says in the driver's words what the system refuses.</summary>
    /// <exception cref="VolumeException">The system refused.</exception>
    public T Explained<T>(Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw new VolumeException($"{content} in {path} can't be used: {e.Message}. Check runDir in the config", e);
        }
    }
}
