using System.Text;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.FileSystems;

/// <summary>What a list of mount options asks for, sorted by who carries it.</summary>
/// <param name="PerMount">The flags that each mount of the file system has for itself.</param>
/// <param name="PerFileSystem">The flags that all mounts of the file system share.</param>
/// <param name="Data">What the file system reads itself, joined by commas; may be empty.</param>
/// <param name="ReadOnly">Whether nothing is to be written.</param>
internal sealed record MountOptions(MountFlags PerMount, MountFlags PerFileSystem, string Data, bool ReadOnly)
{
    /// <summary>The longest list in bytes: the kernel takes one page, its end included.</summary>
    public const int MaxBytes = 4095;

    private const MountFlags AtimeKinds = MountFlags.NoAtime | MountFlags.RelAtime | MountFlags.StrictAtime;

    /// <summary>What words do to the flags of one mount: clear some, then set some.</summary>
    private static readonly Dictionary<string, (MountFlags Clear, MountFlags Set)> _perMount = new(StringComparer.Ordinal)
    {
        ["noatime"] = (AtimeKinds, MountFlags.NoAtime),
        ["atime"] = (MountFlags.NoAtime, MountFlags.None),
        ["relatime"] = (AtimeKinds, MountFlags.RelAtime),
        ["norelatime"] = (MountFlags.RelAtime, MountFlags.None),
        ["strictatime"] = (AtimeKinds, MountFlags.StrictAtime),
        ["nostrictatime"] = (MountFlags.StrictAtime, MountFlags.None),
        ["nodiratime"] = (MountFlags.None, MountFlags.NoDirAtime),
        ["diratime"] = (MountFlags.NoDirAtime, MountFlags.None),
        ["nosuid"] = (MountFlags.None, MountFlags.NoSuid),
        ["suid"] = (MountFlags.NoSuid, MountFlags.None),
        ["nodev"] = (MountFlags.None, MountFlags.NoDev),
        ["dev"] = (MountFlags.NoDev, MountFlags.None),
        ["noexec"] = (MountFlags.None, MountFlags.NoExec),
        ["exec"] = (MountFlags.NoExec, MountFlags.None),
        ["nosymfollow"] = (MountFlags.None, MountFlags.NoSymFollow),
        ["symfollow"] = (MountFlags.NoSymFollow, MountFlags.None),
    };

    private static readonly Dictionary<string, (MountFlags Clear, MountFlags Set)> _perFileSystem = new(StringComparer.Ordinal)
    {
        ["sync"] = (MountFlags.None, MountFlags.Synchronous),
        ["async"] = (MountFlags.Synchronous, MountFlags.None),
        ["dirsync"] = (MountFlags.None, MountFlags.DirSync),
        ["lazytime"] = (MountFlags.None, MountFlags.LazyTime),
        ["nolazytime"] = (MountFlags.LazyTime, MountFlags.None),
        ["iversion"] = (MountFlags.None, MountFlags.IVersion),
        ["noiversion"] = (MountFlags.IVersion, MountFlags.None),
        ["mand"] = (MountFlags.None, MountFlags.MandLock),
        ["nomand"] = (MountFlags.MandLock, MountFlags.None),
        ["silent"] = (MountFlags.None, MountFlags.Silent),
        ["loud"] = (MountFlags.Silent, MountFlags.None),
    };

    // They tell mount(8) when and for whom to mount, not how.
    private static readonly HashSet<string> _ignored = new(StringComparer.Ordinal)
    {
        "defaults", "auto", "noauto", "user", "nouser", "users", "nousers", "owner", "noowner", "group", "nogroup", "_netdev", "nofail", "comment",
    };

    private static readonly HashSet<string> _otherMounts = new(StringComparer.Ordinal)
    {
        "bind", "rbind", "move", "remount", "loop", "offset", "sizelimit",
        "shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable",
        "make-shared", "make-rshared", "make-slave", "make-rslave", "make-private", "make-rprivate", "make-unbindable", "make-runbindable",
    };

    // A device may be given by its number, or by a path from the working directory, too.
    private static readonly HashSet<string> _hostDevices = new(StringComparer.Ordinal)
    {
        "journal_path", "journal_dev", "jdev", "logdev", "rtdev", "device",
    };

    /// <summary>No options.</summary>
    public static MountOptions None { get; } = new(MountFlags.None, MountFlags.None, "", false);

    /// <summary>Reads a list such as <c>discard,noatime,data=ordered</c>. Of flags that contradict each other the last one counts.</summary>
    /// <param name="text">The list. Commas between double quotes don't separate.</param>
    /// <param name="source">Where the list came from, as the beginning of a message.</param>
    /// <returns>What is asked for.</returns>
    /// <exception cref="VolumeException">A word could reach beyond the image, or is malformed; the message names it.</exception>
    public static MountOptions Parse(string text, string source)
    {
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            throw new VolumeException($"{source} is longer than {MaxBytes} bytes: the kernel takes no more");
        }

        MountFlags perMount = MountFlags.None;
        MountFlags perFileSystem = MountFlags.None;
        bool readOnly = false;
        List<string> data = [];
        foreach (string word in Split(text, source))
        {
            string name = word.Split('=')[0];
            if (Problem(word, name) is string problem)
            {
                throw new VolumeException($"{source} has {Shown.Quote(word)}: {problem}");
            }

            if (_perMount.TryGetValue(word, out (MountFlags Clear, MountFlags Set) change))
            {
                perMount = (perMount & ~change.Clear) | change.Set;
            }
            else if (_perFileSystem.TryGetValue(word, out change))
            {
                perFileSystem = (perFileSystem & ~change.Clear) | change.Set;
            }
            else if (word is "ro" or "rw")
            {
                readOnly = word == "ro";
            }
            else if (!_ignored.Contains(name) && !word.StartsWith("x-", StringComparison.OrdinalIgnoreCase))
            {
                data.Add(word);
            }
        }

        return new MountOptions(perMount, perFileSystem, string.Join(',', data), readOnly);
    }

    private static string? Problem(string word, string name)
    {
        if (_otherMounts.Contains(name))
        {
            return "that makes another mount than the image's";
        }

        if (_hostDevices.Contains(name))
        {
            return "that names a device of the host";
        }

        // Who may write the image could break its file system on purpose.
        if (word is "errors=panic" or "fatal_errors=panic")
        {
            return "a damaged image would stop the whole host";
        }

        if (word.Contains('/') || word.Contains("..", StringComparison.Ordinal))
        {
            return "paths of the host are not allowed there";
        }

        foreach (char c in word)
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || c is '\'' or '\\')
            {
                return $"{Shown.Character(c)} is not allowed there";
            }
        }

        int quote = word.IndexOf('"');
        return quote < 0 || (quote == name.Length + 1 && word.IndexOf('"', quote + 1) == word.Length - 1)
            ? null
            : "double quotes stand around a whole value only, as in context=\"a,b\"";
    }

    private static List<string> Split(string text, string source)
    {
        List<string> words = [];
        bool quoted = false;
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length ? !quoted : text[i] == ',' && !quoted)
            {
                string word = text[start..i].Trim(' ');
                if (word.Length > 0)
                {
                    words.Add(word);
                }

                start = i + 1;
            }
            else if (i < text.Length)
            {
                quoted ^= text[i] == '"';
            }
        }

        return quoted ? throw new VolumeException($"{source} ends inside a double quote: close it") : words;
    }
}
