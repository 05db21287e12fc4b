using CephRbd.Driver.Host;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>What paths lie on.</summary>
internal static class NodeMounts
{
    /// <summary>The mount that a path lies on, whether it is there yet or not; null when that can't be told.</summary>
    public static MountEntry? Above(string path)
    {
        try
        {
            return Above(MountTable.Read().Entries, MountTable.Canonical(Path.Combine(Existing(path), "any")));
        }
        catch (LinuxException)
        {
            // What leads there went away meanwhile.
            return null;
        }
    }

    /// <summary>The nearest folder to a path that is there: itself, or one above it.</summary>
    public static string Existing(string path)
    {
        string folder = path;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder) ?? "/";
        }

        return folder;
    }

    /// <summary>The mount that a path lies on.</summary>
    /// <param name="entries">The mounts in the kernel's order.</param>
    /// <param name="path">Without symbolic links.</param>
    internal static MountEntry? Above(IEnumerable<MountEntry> entries, string path)
    {
        MountEntry? best = null;
        foreach (MountEntry entry in entries)
        {
            string point = entry.MountPoint.TrimEnd('/') + "/";
            if ((path + "/").StartsWith(point, StringComparison.Ordinal) && entry.MountPoint.Length >= (best?.MountPoint.Length ?? 0))
            {
                best = entry;
            }
        }

        return best;
    }
}
