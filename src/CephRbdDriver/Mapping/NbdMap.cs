namespace CephRbd.Driver.Mapping;

/// <summary>What an rbd-nbd daemon serves, as its command line and environment tell.</summary>
/// <param name="Identity">The image. The cluster and the image's id are known only of daemons that this driver started.</param>
/// <param name="ReadOnly">Whether the device refuses writes.</param>
/// <param name="Device">The device asked for; null where rbd-nbd chose it.</param>
internal sealed record NbdMap(ImageIdentity Identity, bool ReadOnly, string? Device)
{
    /// <summary>The environment variable by which the driver marks the daemons it starts: <c>FSID/IMAGEID</c>.</summary>
    public const string MarkVariable = "CEPHRBD_MAPPED";

    private const string DefaultPool = "rbd";

    // All others take the next word for their value, if they have none by "=".
    private static readonly HashSet<string> _flags = new(StringComparer.Ordinal)
    {
        "--read-only", "--exclusive", "--notrim", "--quiesce", "--try-netlink", "--show-cookie",
        "--no-mon-config", "--foreground", "--pretty-format", "--verbose", "--version", "--help",
        "-d", "-f", "-v", "-h",
    };

    /// <summary>Writes the value of <see cref="MarkVariable"/>.</summary>
    /// <param name="fsid">The cluster's fsid.</param>
    /// <param name="imageId">The image's id.</param>
    /// <returns>The value.</returns>
    public static string Mark(string fsid, string imageId) => $"{fsid}/{imageId}";

    /// <summary>Reads what a daemon serves.</summary>
    /// <param name="cmdline">The text of <c>/proc/PID/cmdline</c>: words that end in NUL.</param>
    /// <param name="environ">The text of <c>/proc/PID/environ</c>; empty when it can't be read.</param>
    /// <returns>What it serves, or null when it is no rbd-nbd that serves an image.</returns>
    public static NbdMap? Parse(string cmdline, string environ)
    {
        string[] words = cmdline.Split('\0');
        if (!words[0].EndsWith("rbd-nbd", StringComparison.Ordinal))
        {
            return null;
        }

        Dictionary<string, string> options = new(StringComparer.Ordinal);
        List<string> operands = ReadWords(words.AsSpan(1), options);
        if (operands is not ["map" or "attach", ..])
        {
            return null;
        }

        string? spec = operands.Count > 1 ? operands[1] : options.GetValueOrDefault("--image");
        if (spec is null || Image(spec, options) is not ImageIdentity identity)
        {
            return null;
        }

        (string? fsid, string? imageId) = ReadMark(environ);
        return new NbdMap(identity with { ClusterFsid = fsid, ImageId = imageId }, IsSet(options, "--read-only"), options.GetValueOrDefault("--device"));
    }

    private static List<string> ReadWords(ReadOnlySpan<string> words, Dictionary<string, string> options)
    {
        List<string> operands = [];
        bool optionsEnded = false;
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (word.Length == 0)
            {
                continue;
            }

            if (optionsEnded || word[0] != '-' || word == "-")
            {
                operands.Add(word);
            }
            else if (word == "--")
            {
                optionsEnded = true;
            }
            else
            {
                int equals = word.IndexOf('=');
                string name = Name(equals < 0 ? word : word[..equals]);
                if (equals >= 0)
                {
                    options[name] = word[(equals + 1)..];
                }
                else if (_flags.Contains(name) || i + 1 == words.Length)
                {
                    options[name] = "true";
                }
                else
                {
                    options[name] = words[++i];
                }
            }
        }

        return operands;
    }

    // Ceph takes "_" for "-" in the names of options.
    private static string Name(string option) => option.Replace('_', '-') switch
    {
        "-p" => "--pool",
        string name => name,
    };

    /// <summary>Reads <c>[pool/[namespace/]]image[@snapshot]</c>; what it does not name, options may.</summary>
    private static ImageIdentity? Image(string spec, Dictionary<string, string> options)
    {
        int at = spec.IndexOf('@');
        string[] path = (at < 0 ? spec : spec[..at]).Split('/');
        string? snapshot = at >= 0 ? spec[(at + 1)..]
            : options.TryGetValue("--snap", out string? name) ? name
            : options.TryGetValue("--snap-id", out string? id) ? $"#{id}"
            : null;
        if (path.Length > 3 || snapshot == "" || Array.Exists(path, part => part.Length == 0))
        {
            return null;
        }

        string pool = path.Length > 1 ? path[0]
            : options.GetValueOrDefault("--pool") ?? options.GetValueOrDefault("--rbd-default-pool") ?? DefaultPool;
        string? space = path.Length == 3 ? path[1] : options.GetValueOrDefault("--namespace");
        return new ImageIdentity(pool, string.IsNullOrEmpty(space) ? null : space, path[^1], snapshot);
    }

    private static bool IsSet(Dictionary<string, string> options, string flag) =>
        options.TryGetValue(flag, out string? value) && value is not ("false" or "0" or "no");

    private static (string? Fsid, string? ImageId) ReadMark(string environ)
    {
        const string Start = MarkVariable + "=";
        foreach (string variable in environ.Split('\0'))
        {
            if (variable.StartsWith(Start, StringComparison.Ordinal) && variable[Start.Length..].Split('/') is [{ Length: > 0 } fsid, { Length: > 0 } id])
            {
                return (fsid, id);
            }
        }

        return (null, null);
    }
}
