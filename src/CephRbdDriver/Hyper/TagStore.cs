using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Hyper;

/// <summary>
/// Puts the tag into a pod's mount dir and takes it away again. By default it lies in a small tmpfs of its own: the
/// key reaches no disk, and kubelet sees a mount point and does not call again while the pod runs.
/// </summary>
internal sealed class TagStore(DriverConfig config)
{
    private const uint PrivateFile = 0x180; // 0600
    private const string EndedName = "." + HyperTag.FileName + ".ended";
    private static readonly TimeSpan _busyPatience = TimeSpan.FromSeconds(2);

    private readonly PrivatePlaces _places = new(config.RunDir);

    /// <summary>What stands in a mount dir now.</summary>
    /// <param name="Tag">The tag, if a whole one stands.</param>
    /// <param name="Ended">A tag that an unmount took back, and that was killed before it had done all: whole, but no VM is started by it.</param>
    /// <param name="Record">The record beside it; empty if there is none.</param>
    /// <param name="OwnMounts">How many tmpfs of ours lie on the dir.</param>
    /// <param name="Others">Names in the dir that are not ours.</param>
    internal sealed record State(HyperTag? Tag, HyperTag? Ended, byte[] Record, int OwnMounts, IReadOnlyList<string> Others);

    /// <summary>Whether a tag of ours, or its tmpfs, is in a dir.</summary>
    public static bool HasTag(string mountDir) =>
        File.Exists(Path.Combine(mountDir, HyperTag.FileName)) || File.Exists(Path.Combine(mountDir, EndedName)) || Array.Exists(MountsAt(mountDir), mount => mount.IsTag);

    /// <summary>Looks at a mount dir.</summary>
    /// <exception cref="VolumeException">It is no directory, or something is mounted there that is not ours.</exception>
    public static State Look(string mountDir)
    {
        using HeldDirectory held = Explained(mountDir, () => HeldDirectory.Open(Path.TrimEndingDirectorySeparator(mountDir)));
        MountEntry[] mounts = Explained(mountDir, () => MountTable.Read().At(held.Place()).ToArray());
        if (Array.Find(mounts, mount => !mount.IsTag) is { } foreign)
        {
            throw new VolumeException(
                $"{mountDir}: a {foreign.FsType} from {foreign.Source} is mounted there, and not by this driver; it is left alone. Unmount it if it is a leftover: umount {mountDir}");
        }

        byte[]? tag = ReadIfThere(held, mountDir, HyperTag.FileName);
        byte[]? ended = ReadIfThere(held, mountDir, EndedName);
        byte[] record = ReadIfThere(held, mountDir, VolumeRecord.FileName) ?? [];
        string[] others = Explained(mountDir, () => Directory.EnumerateFileSystemEntries(held.Way)
            .Select(path => Path.GetFileName(path)!)
            .Where(name => !IsOurs(name))
            .Order(StringComparer.Ordinal)
            .ToArray());
        return new State(tag is null ? null : HyperTag.TryParse(tag), ended is null ? null : HyperTag.TryParse(ended), record, mounts.Length, others);
    }

    /// <summary>
    /// Puts the tag there, whole or not at all: the tmpfs is filled elsewhere and then bound over the dir, so that
    /// kubelet never finds a mount point without a tag.
    /// </summary>
    /// <param name="mountDir">The dir.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="spec">The volume.</param>
    /// <param name="reservedImageId">The id of the image that is reserved with it; null for none.</param>
    /// <exception cref="VolumeException">It could not be done; what is left behind is said.</exception>
    public void Write(string mountDir, HyperTag tag, VolumeSpec spec, string? reservedImageId = null)
    {
        if (config.TagStorage == TagStorage.Directory)
        {
            Explained(mountDir, () =>
            {
                DirInPlace.Put(
                    mountDir,
                    way =>
                    {
                        Files.WriteDurable(way, VolumeRecord.FileName, VolumeRecord.ToJson(spec, reservedImageId), PrivateFile);
                        Files.WriteDurable(way, HyperTag.FileName, tag.ToJson(), PrivateFile);
                    },
                    (way, _) => DeleteOwnFilesBelow(way));
                return true;
            });
            return;
        }

        Explained(mountDir, () => UndoStack.Guard(undo =>
        {
            string stage = _places.Make();
            undo.Push($"the folder {stage}", () => Directory.Delete(stage));
            MountTmpfs(stage);
            undo.Push($"the tmpfs at {stage}", () => Mounts.Unmount(stage, lazy: true));
            Files.WriteDurable(stage, VolumeRecord.FileName, VolumeRecord.ToJson(spec, reservedImageId), PrivateFile);
            Files.WriteDurable(stage, HyperTag.FileName, tag.ToJson(), PrivateFile);
            DirInPlace.Bind(stage, mountDir);
            undo.Push($"the tmpfs at {mountDir}", () => Mounts.Unmount(mountDir, lazy: true));
            Mounts.Unmount(stage, lazy: true);
            Directory.Delete(stage);
            return true;
        }));
    }

    /// <summary>
    /// Takes the tag back: nobody finds it any more, but what it tells is there for the rest of an unmount, also for one
    /// that is repeated after a kill.
    /// </summary>
    /// <returns>What stood there before.</returns>
    /// <exception cref="VolumeException">As <see cref="Look"/>.</exception>
    public static State End(string mountDir)
    {
        State state = Look(mountDir);
        if (state.Tag is not null)
        {
            Explained(mountDir, () =>
            {
                using var held = HeldDirectory.Open(Path.TrimEndingDirectorySeparator(mountDir));
                Files.Rename(Path.Combine(held.Way, HyperTag.FileName), Path.Combine(held.Way, EndedName));
                return true;
            });
        }

        return state;
    }

    /// <summary>
    /// Takes tag and tmpfs away and leaves an empty dir. Whatever is gone already is fine.
    /// </summary>
    /// <exception cref="VolumeException">Something that is not ours is in the way, or the system refused.</exception>
    public static void Remove(string mountDir, Deadline deadline)
    {
        for (State state = Look(mountDir); state.OwnMounts > 0; state = Look(mountDir))
        {
            // The key goes first: whatever becomes of the mount, it is readable no more.
            Explained(mountDir, () => DeleteOwnFiles(mountDir));
            Explained(mountDir, () => UnmountPatiently(mountDir, deadline));
        }

        Explained(mountDir, () => DeleteOwnFiles(mountDir));
        if (Look(mountDir).Others is { Count: > 0 } others)
        {
            throw new VolumeException(
                $"{mountDir} holds files that this driver did not write: {string.Join(", ", others.Take(5))}. kubelet needs it empty: save and remove them");
        }
    }

    /// <summary>Clears away what calls that were killed left in the staging folder. Costs one look when there is nothing.</summary>
    public void SweepStages() => Explained(config.RunDir, () =>
    {
        _places.Sweep();
        return true;
    });

    private static void MountTmpfs(string stage)
    {
        const string Options = "size=256k,nr_inodes=16,mode=0700";

        // From kernel 6.4 a tmpfs can be kept out of swap. An older one would refuse, with a line in its log each time.
        string noSwap = Environment.OSVersion.Version >= new Version(6, 4) ? ",noswap" : "";
        Mounts.MountTmpfs(stage, MountEntry.TagSource, Options + noSwap);
    }

    private static bool UnmountPatiently(string mountDir, Deadline deadline)
    {
        for (TimeSpan start = deadline.Elapsed; ;)
        {
            try
            {
                Mounts.Unmount(mountDir, lazy: false);
                return true;
            }
            catch (LinuxException e) when (e.Errno is Native.Errno.Invalid or Native.Errno.NoEntry)
            {
                return true;
            }
            catch (LinuxException e) when (e.Errno == Native.Errno.Busy && deadline.Elapsed - start < _busyPatience)
            {
                // frakti reads the tag for a moment.
                Thread.Sleep(50);
            }
            catch (LinuxException e) when (e.Errno == Native.Errno.Busy)
            {
                // Empty by now: nothing is lost if the last reader lets go of it later.
                Mounts.Unmount(mountDir, lazy: true);
                return true;
            }
        }
    }

    private static bool DeleteOwnFiles(string mountDir)
    {
        using var held = HeldDirectory.Open(Path.TrimEndingDirectorySeparator(mountDir));
        DeleteOwnFilesBelow(held.Way);
        return true;
    }

    private static void DeleteOwnFilesBelow(string way)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(way))
        {
            if (IsOurs(Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }
    }

    // kubelet's folder may lie behind a symbolic link; mountinfo shows the place itself.
    private static MountEntry[] MountsAt(string path) => Explained(
        path, () => MountTable.Read().At(Files.CanonicalDirectory(Path.TrimEndingDirectorySeparator(path))).ToArray());

    // Our files, and the temporary names they are written under.
    private static bool IsOurs(string name) =>
        name is HyperTag.FileName or VolumeRecord.FileName
        || name.StartsWith("." + HyperTag.FileName + ".", StringComparison.Ordinal)
        || name.StartsWith("." + VolumeRecord.FileName + ".", StringComparison.Ordinal);

    private static byte[]? ReadIfThere(HeldDirectory held, string mountDir, string name)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(held.Way, name));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VolumeException($"cannot read {Path.Combine(mountDir, name)}: {e.Message}", e);
        }
    }

    private static T Explained<T>(string path, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            string hint = e is LinuxException { Errno: Native.Errno.NotPermitted or Native.Errno.Access }
                ? " The driver must run as root with the right to mount; if kubelet's container cannot give it that, set tagStorage to directory in the config."
                : "";
            throw new VolumeException($"{path}: {e.Message}.{hint}", e);
        }
    }
}
