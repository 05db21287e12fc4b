using System.Text;

namespace CephRbd.Driver.Volumes;

/// <summary>
/// What a name of an image, pool, namespace, user or cluster may be. hyperd pastes these names unescaped into QEMU's
/// <c>rbd:pool/image:id=user:…</c>, so a name with one of its separators would open another image or set options.
/// </summary>
internal static class NameRules
{
    /// <summary>The longest name in bytes of UTF-8.</summary>
    public const int MaxBytes = 255;

    private static readonly UTF8Encoding _strictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Refuses a name that is not safe to hand on.</summary>
    /// <param name="option">The option it came from, for the message.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="VolumeException">The name breaks a rule; the message says which one and why.</exception>
    public static void Check(string option, string name)
    {
        if (Problem(name) is string problem)
        {
            throw new VolumeException($"option \"{option}\" {problem}");
        }
    }

    /// <summary>Refuses a cluster name that could lead out of <c>/etc/ceph</c>.</summary>
    /// <param name="option">The option it came from, for the message.</param>
    /// <param name="name">The cluster's name.</param>
    /// <exception cref="VolumeException">The name is no plain word.</exception>
    public static void CheckCluster(string option, string name)
    {
        Check(option, name);
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                throw new VolumeException(
                    $"option \"{option}\" holds {Shown.Character(c)}: a cluster's name has letters, digits, \"_\", \".\" and \"-\" only, for it names a file in /etc/ceph");
            }
        }

        if (name.Contains("..", StringComparison.Ordinal))
        {
            throw new VolumeException($"option \"{option}\" holds \"..\": a cluster's name is not a path");
        }
    }

    /// <summary>Says what is wrong with a name, as the end of a sentence that starts with the option's name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The problem, or null when the name is fine.</returns>
    public static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return "is empty: give a name";
        }

        int bytes;
        try
        {
            bytes = _strictUtf8.GetByteCount(name);
        }
        catch (EncoderFallbackException)
        {
            return "holds half a surrogate pair: it is not valid Unicode text";
        }

        if (bytes > MaxBytes)
        {
            return $"is {bytes} bytes long: Ceph names have at most {MaxBytes}";
        }

        foreach (char c in name)
        {
            if (c is '/' or '@' or ':' or '\\')
            {
                return $"holds {Shown.Character(c)}: it would change what QEMU opens";
            }

            if (char.IsControl(c))
            {
                return $"holds {Shown.Character(c)}: control characters are not allowed in names";
            }
        }

        return name switch
        {
            ['-', ..] => "starts with \"-\": a tool would take it for an option",
            "." or ".." => $"is \"{name}\": that is a folder, not a name",
            _ => null,
        };
    }
}
