using System.Globalization;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>
/// Folders of one process each, in which a mount is made ready before it is bound to where it is wanted in one step.
/// A folder's name tells its process, so that what a killed one left is found and cleared away.
/// </summary>
/// <param name="runDir">The folder for state that need not outlive a reboot.</param>
internal sealed class PrivatePlaces(string runDir)
{
    /// <summary>The one file that such a folder may hold for a while: a key for a daemon that is started.</summary>
    public const string KeyringName = "keyring";

    private string Root => Path.Combine(runDir, "stage");

    /// <summary>Makes this process's folder.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    public string Make()
    {
        string place = Path.Combine(Root, string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Processes.StartTime(Environment.ProcessId)}"));
        // Each by itself: only the last of several gets the mode that is asked for.
        PrivateFolder.Make(Root);
        PrivateFolder.Make(place);
        return place;
    }

    /// <summary>Clears away what killed processes left. Costs one look when there is nothing.</summary>
    /// <exception cref="LinuxException">Something can't be unmounted or removed.</exception>
    /// <exception cref="IOException">The folders can't be listed.</exception>
    public void Sweep()
    {
        if (!Directory.Exists(Root))
        {
            return;
        }

        foreach (string place in Directory.EnumerateDirectories(Root))
        {
            string[] owner = Path.GetFileName(place).Split('-');
            if (owner.Length == 2
                && int.TryParse(owner[0], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && long.TryParse(owner[1], NumberStyles.None, CultureInfo.InvariantCulture, out long start)
                && !Processes.IsAlive(pid, start))
            {
                Clear(place);
            }
        }
    }

    // Another call may do the same at the same time.
    private static void Clear(string place)
    {
        foreach (MountEntry _ in MountTable.Read().At(MountTable.Canonical(place)))
        {
            try
            {
                Mounts.Unmount(place, lazy: true);
            }
            catch (LinuxException e) when (e.Errno is Errno.Invalid or Errno.NoEntry)
            {
                // It is unmounted already.
            }
        }

        // A keyring may not be whole yet, and then has another name.
        foreach (string file in Leftovers(place))
        {
            Files.Remove(file);
        }

        Files.RemoveDirectory(place);
    }

    private static string[] Leftovers(string place)
    {
        try
        {
            return [.. Directory.GetFiles(place).Where(file => Path.GetFileName(file).Contains(KeyringName, StringComparison.Ordinal))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
