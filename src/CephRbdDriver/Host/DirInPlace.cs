using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>
/// Puts something into a dir that somebody may replace at that moment, by a link to elsewhere for one. What is put there
/// never gets anywhere else: the dir is held, and afterwards its path must still lead to it.
/// </summary>
internal static class DirInPlace
{
    /// <summary>Makes what is at one place appear over an empty dir.</summary>
    /// <exception cref="LinuxException">It is no directory, or the mount failed.</exception>
    /// <exception cref="IOException">It is not empty, or was replaced; nothing is left mounted.</exception>
    public static void Bind(string source, string dir) => Put(
        dir,
        way =>
        {
            if (Directory.EnumerateFileSystemEntries(way).Any())
            {
                throw new IOException("something was put into the dir while the volume was made ready; a volume is not laid over somebody's files");
            }

            Mounts.Bind(source, way);
        },
        (_, place) => Mounts.Unmount(place, lazy: true));

    /// <summary>Does something in the dir.</summary>
    /// <param name="dir">The dir.</param>
    /// <param name="put">Does it, by a way into the dir.</param>
    /// <param name="takeBack">Undoes it if the dir was replaced: by the way, or by where the dir is now.</param>
    /// <exception cref="LinuxException">It is no directory, or what is done fails.</exception>
    /// <exception cref="IOException">It was replaced, and what was done is undone.</exception>
    public static void Put(string dir, Action<string> put, Action<string, string> takeBack)
    {
        using var held = HeldDirectory.Open(Path.TrimEndingDirectorySeparator(dir));
        put(held.Way);
        string place = held.Place();
        if (!LeadsTo(dir, place))
        {
            takeBack(held.Way, place);
            throw new IOException("something else took the dir's place while the volume was put there; it was taken back. Find out who replaces kubelet's dirs; the next call begins anew");
        }
    }

    private static bool LeadsTo(string dir, string place)
    {
        try
        {
            return Files.CanonicalDirectory(Path.TrimEndingDirectorySeparator(dir)) == place;
        }
        catch (LinuxException)
        {
            // No directory any more.
            return false;
        }
    }
}
