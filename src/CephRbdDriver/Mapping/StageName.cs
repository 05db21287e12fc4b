using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using CephRbd.Driver.Host;

namespace CephRbd.Driver.Mapping;

/// <summary>
/// The name of the folder in which an image is mounted on this node: <c>POOL~NAMESPACE~IMAGE</c>, and <c>~CLUSTER</c> for
/// another than the default one. All that a path or a shell could take for something else is percent-encoded.
/// </summary>
internal static class StageName
{
    /// <summary>The longest name in bytes; file systems take 255.</summary>
    public const int MaxBytes = 240;

    private const char Separator = '~';
    private const char SnapshotMark = '@';

    // Before the hash of a name that was cut. No whole name has it.
    private const char CutMark = '+';
    private const int HashDigits = 16;

    /// <summary>Names an image's folder.</summary>
    /// <param name="cluster">The cluster's name; null for the default one.</param>
    /// <param name="identity">The image; its fsid and id are left out.</param>
    /// <returns>
    /// A file name, never longer than <see cref="MaxBytes"/>: a longer one is cut and ends in a hash. Two long names may be made
    /// to have the same one on purpose: look what is mounted there.
    /// </returns>
    public static string Of(string? cluster, ImageIdentity identity)
    {
        StringBuilder name = new();
        Encode(name, identity.Pool);
        name.Append(Separator);
        Encode(name, identity.Namespace ?? "");
        name.Append(Separator);
        Encode(name, identity.Image);
        if (identity.Snapshot is not null)
        {
            name.Append(SnapshotMark);
            Encode(name, identity.Snapshot);
        }

        if (cluster is not null)
        {
            name.Append(Separator);
            Encode(name, cluster);
        }

        string whole = name.ToString();
        if (whole.Length <= MaxBytes)
        {
            return whole;
        }

        string end = $"{CutMark}{Fnv.Hash(whole):x16}";
        return whole[..(MaxBytes - end.Length)] + end;
    }

    /// <summary>Reads a folder's name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cluster">The cluster's name; null for the default one.</param>
    /// <param name="identity">The image.</param>
    /// <returns>Whether it is the whole name of an image, just as <see cref="Of"/> writes it.</returns>
    public static bool TryParse(string name, out string? cluster, [NotNullWhen(true)] out ImageIdentity? identity)
    {
        cluster = null;
        identity = null;
        string[] fields = name.Split(Separator);
        if (name.Length > MaxBytes || fields.Length is not (3 or 4))
        {
            return false;
        }

        string[] image = fields[2].Split(SnapshotMark);
        if (image.Length > 2
            || Decode(fields[0]) is not { Length: > 0 } pool
            || Decode(fields[1]) is not string space
            || Decode(image[0]) is not { Length: > 0 } imageName)
        {
            return false;
        }

        string? snapshot = image.Length == 2 ? Decode(image[1]) : null;
        string? readCluster = fields.Length == 4 ? Decode(fields[3]) : null;
        ImageIdentity read = new(pool, space.Length == 0 ? null : space, imageName, snapshot);

        // Anything that can be written in another way was not written by this class.
        if (Of(readCluster, read) != name)
        {
            return false;
        }

        cluster = readCluster;
        identity = read;
        return true;
    }

    /// <summary>Whether a folder's name is one that <see cref="Of"/> writes: others in the same place are somebody else's.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True also for one that was cut.</returns>
    public static bool IsOne(string name) =>
        TryParse(name, out _, out _)
        || (name.Length == MaxBytes && name[^(HashDigits + 1)] == CutMark
            && name[(MaxBytes - HashDigits)..].All(char.IsAsciiHexDigitLower));

    /// <summary>Whether a folder's name is a stage's, and of another image. In doubt it is not.</summary>
    /// <param name="name">The name.</param>
    /// <param name="own">What <see cref="Of"/> gives for the image with no cluster.</param>
    public static bool IsAnothers(ReadOnlySpan<char> name, ReadOnlySpan<char> own) =>
        name.Length < MaxBytes && own.Length < MaxBytes && name.Count(Separator) >= 2
        && !(name.StartsWith(own, StringComparison.Ordinal) && (name.Length == own.Length || name[own.Length] == Separator));

    private static void Encode(StringBuilder name, string field)
    {
        foreach (byte b in Encoding.UTF8.GetBytes(field))
        {
            // A leading dot hides a file, a leading dash makes it an option.
            bool leads = name.Length == 0;
            char c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c == '_' || (c is '.' or '-' && !leads))
            {
                name.Append(c);
            }
            else
            {
                name.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }
    }

    private static string? Decode(string field)
    {
        List<byte> bytes = [];
        for (int i = 0; i < field.Length; i++)
        {
            if (!char.IsAscii(field[i]))
            {
                return null;
            }

            if (field[i] != '%')
            {
                bytes.Add((byte)field[i]);
            }
            else if (i + 2 < field.Length
                && byte.TryParse(field.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
