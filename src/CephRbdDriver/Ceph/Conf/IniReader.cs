using System.Text;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Conf;

/// <summary>One setting of an INI file as Ceph writes them.</summary>
/// <param name="Section">The section's name; empty before the first section.</param>
/// <param name="Key">The key: lower case, words joined by underscores.</param>
/// <param name="Value">The value, unquoted.</param>
internal readonly record struct IniSetting(string Section, string Key, string Value);

/// <summary>
/// Reads the grammar that ceph.conf and keyrings share: sections, <c>key = value</c>, comments from <c>#</c> or <c>;</c> to
/// the line's end, quotes, a backslash before a character to take as it is, a backslash at a line's end to go on in the next.
/// </summary>
/// <remarks>
/// A line that is no setting is skipped, as Ceph's own parser did up to Nautilus: a host where Ceph worked keeps working.
/// </remarks>
internal static class IniReader
{
    /// <summary>Reads all settings, in order, and the sections in the order they first stand there.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="what">What the file is, for messages.</param>
    /// <param name="sections">The names of all sections, also of empty ones.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="VolumeException">A section's header or a quote is not closed. The text tells the line's number and nothing of the line.</exception>
    public static List<IniSetting> Read(string text, string what, out List<string> sections)
    {
        List<IniSetting> settings = [];
        sections = [];
        string section = "";
        foreach ((int number, string line) in LogicalLines(text))
        {
            if (line.Length == 0 || line[0] is '#' or ';')
            {
                continue;
            }

            if (line[0] == '[')
            {
                int close = line.IndexOf(']', StringComparison.Ordinal);
                if (close < 0)
                {
                    throw new VolumeException($"{what} line {number}: the section's name is not closed by \"]\"");
                }

                section = line[1..close].Trim();
                if (!sections.Contains(section))
                {
                    sections.Add(section);
                }

                continue;
            }

            int equals = line.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? "" : FoldKey(line.AsSpan(0, equals));
            if (key.Length > 0)
            {
                if (!TryValue(key, line.AsSpan(equals + 1).Trim(), out string value))
                {
                    throw new VolumeException($"{what} line {number}: a quote is not closed");
                }

                settings.Add(new IniSetting(section, key, value));
            }
        }

        return settings;
    }

    /// <summary>Writes a key in its one form: <c>mon host</c>, <c>mon-host</c> and <c>Mon_Host</c> are the same.</summary>
    /// <param name="key">The key as written.</param>
    /// <returns>Lower case, words joined by single underscores; empty if it holds a comment sign.</returns>
    public static string FoldKey(ReadOnlySpan<char> key)
    {
        StringBuilder folded = new();
        bool blank = false;
        foreach (char c in key.Trim())
        {
            if (c is '#' or ';' or '[')
            {
                return "";
            }

            if (c is ' ' or '\t')
            {
                blank = true;
                continue;
            }

            if (blank)
            {
                folded.Append('_');
                blank = false;
            }

            folded.Append(c == '-' ? '_' : char.ToLowerInvariant(c));
        }

        return folded.ToString();
    }

    private static IEnumerable<(int Number, string Line)> LogicalLines(string text)
    {
        StringBuilder joined = new();
        int number = 0;
        int first = 1;
        foreach (string raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            string line = raw.EndsWith('\r') ? raw[..^1] : raw;
            if (joined.Length == 0)
            {
                first = number;
            }

            if (EndsWithBackslash(line))
            {
                joined.Append(line, 0, line.Length - 1);
                continue;
            }

            yield return (first, joined.Append(line).ToString().Trim());
            joined.Clear();
        }

        if (joined.Length > 0)
        {
            yield return (first, joined.ToString().Trim());
        }
    }

    /// <summary>An odd number of backslashes: an even one is backslashes meant as such.</summary>
    private static bool EndsWithBackslash(string line)
    {
        int count = 0;
        while (count < line.Length && line[^(count + 1)] == '\\')
        {
            count++;
        }

        return count % 2 == 1;
    }

    private static bool TryValue(string key, ReadOnlySpan<char> text, out string value)
    {
        StringBuilder result = new();
        value = "";
        char quote = text.Length > 0 && text[0] is '"' or '\'' ? text[0] : '\0';
        int i = quote == '\0' ? 0 : 1;
        for (; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && i + 1 < text.Length)
            {
                result.Append(text[++i]);
            }
            else if (quote != '\0' && c == quote)
            {
                // What may follow a closing quote is a comment.
                value = result.ToString();
                return true;
            }
            else if (quote == '\0' && c is '#' or ';' && !SeparatesMonitors(key, text[i..]))
            {
                break;
            }
            else
            {
                result.Append(c);
            }
        }

        value = result.ToString().TrimEnd();
        return quote == '\0';
    }

    /// <summary>
    /// <c>mon host = 10.0.0.1;10.0.0.2</c> is written and meant as a list, though Ceph's parser takes the rest for a comment.
    /// What follows must look like an address, so that a comment in words stays one.
    /// </summary>
    private static bool SeparatesMonitors(string key, ReadOnlySpan<char> rest)
    {
        if (key != "mon_host" || rest[0] != ';')
        {
            return false;
        }

        ReadOnlySpan<char> next = rest[1..].TrimStart();
        return next.Length > 0
            && (char.IsAsciiDigit(next[0]) || next[0] == '[' || next.StartsWith("v1:") || next.StartsWith("v2:"));
    }
}
