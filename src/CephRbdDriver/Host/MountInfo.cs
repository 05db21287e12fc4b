using System.Globalization;
using System.Text;

namespace CephRbd.Driver.Host;

/// <summary>One mount of a mount namespace.</summary>
/// <param name="MountId">The mount's number, unique while it lives.</param>
/// <param name="ParentId">The number of the mount it lies on.</param>
/// <param name="Major">The device's major number; 0 for a file system without a device.</param>
/// <param name="Minor">The device's minor number.</param>
/// <param name="Root">Which folder of the file system is mounted; not "/" for a bind mount of a part.</param>
/// <param name="MountPoint">Where it is mounted, as seen from the process's root.</param>
/// <param name="Options">The mount's own options, separated by commas.</param>
/// <param name="OptionalFields">Its propagation: <c>shared:N</c>, <c>master:N</c> …</param>
/// <param name="FsType">The file system.</param>
/// <param name="Source">The device or other source.</param>
/// <param name="SuperOptions">The file system's options, separated by commas.</param>
internal sealed record MountEntry(
    int MountId,
    int ParentId,
    int Major,
    int Minor,
    string Root,
    string MountPoint,
    string Options,
    IReadOnlyList<string> OptionalFields,
    string FsType,
    string Source,
    string SuperOptions)
{
    /// <summary>The source of the tmpfs that holds a tag: by this it is known as ours.</summary>
    public const string TagSource = "cephrbd";

    /// <summary>Whether it is the tmpfs of a tag of ours.</summary>
    public bool IsTag => this is { FsType: "tmpfs", Source: TagSource };

    /// <summary>Whether writes through this mount are refused, by the mount itself or by its file system.</summary>
    public bool IsReadOnly => HasOption(Options, "ro") || HasOption(SuperOptions, "ro");

    private static bool HasOption(string options, string option) => Array.IndexOf(options.Split(','), option) >= 0;
}

/// <summary>Reads <c>/proc/…/mountinfo</c>.</summary>
internal static class MountInfo
{
    /// <summary>Reads one line; null when it has another form.</summary>
    public static MountEntry? ParseLine(string line)
    {
        // id parent major:minor root mountpoint options [optional…] - type source superoptions; a source may be empty.
        string[] fields = line.Split(' ');
        int dash = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
        if (dash < 0 || dash + 3 >= fields.Length)
        {
            return null;
        }

        string[] device = fields[2].Split(':');
        if (!Number(fields[0], out int mountId)
            || !Number(fields[1], out int parentId)
            || device.Length != 2
            || !Number(device[0], out int major)
            || !Number(device[1], out int minor))
        {
            return null;
        }

        return new MountEntry(
            mountId,
            parentId,
            major,
            minor,
            Unescape(fields[3]),
            Unescape(fields[4]),
            fields[5],
            fields[6..dash],
            Unescape(fields[dash + 1]),
            Unescape(fields[dash + 2]),
            string.Join(' ', fields[(dash + 3)..]));
    }

    private static bool Number(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>Undoes the kernel's octal escapes of blank, tab, line feed, backslash and number sign.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && Octal(text.AsSpan(i + 1, 3)) is char c and not '\0')
            {
                result.Append(c);
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }

    private static char Octal(ReadOnlySpan<char> digits) => digits switch
    {
        "040" => ' ',
        "011" => '\t',
        "012" => '\n',
        "134" => '\\',
        "043" => '#',
        _ => '\0',
    };
}
