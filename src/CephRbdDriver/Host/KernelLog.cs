using System.Diagnostics;
using System.Globalization;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>What the kernel itself said while it worked for us: its log knows more than an errno.</summary>
internal static class KernelLog
{
    private const int MaxWords = 300;

    /// <summary>The kernel's lines on rbd and libceph since a moment, as one text; empty when it said nothing or its log can't be read.</summary>
    /// <param name="since">A timestamp of <see cref="Stopwatch"/>, which counts as the kernel's log does.</param>
    /// <param name="about">Further beginnings of lines that count: <c>EXT4-fs (rbd0)</c>.</param>
    public static string Since(long since, params string[] about)
    {
        TimeSpan from = TimeSpan.FromSeconds((double)since / Stopwatch.Frequency) - TimeSpan.FromMilliseconds(20);
        try
        {
            string words = string.Join("; ", KernelMessages.Read()
                .Select(Parse)
                .Where(entry => entry.When >= from && IsAbout(entry.Text, about))
                .Select(entry => entry.Text)
                .Distinct());
            return words.Length <= MaxWords ? words : "…" + words[^MaxWords..];
        }
        catch (LinuxException)
        {
            // Not readable in a container: the message does without.
            return "";
        }
    }

    /// <summary>Takes one record of /dev/kmsg apart: <c>6,339,5140900,-;rbd: …</c></summary>
    /// <returns>When it was said, since boot, and what; an empty text where it is no such record.</returns>
    internal static (TimeSpan When, string Text) Parse(string record)
    {
        int semicolon = record.IndexOf(';', StringComparison.Ordinal);
        string[] prefix = semicolon < 0 ? [] : record[..semicolon].Split(',');

        // Further lines hold key=value pairs for programs.
        return prefix.Length >= 3 && long.TryParse(prefix[2], NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds)
            && microseconds <= long.MaxValue / TimeSpan.TicksPerMicrosecond
            ? (TimeSpan.FromMicroseconds(microseconds), record[(semicolon + 1)..].Split('\n')[0].Trim())
            : (TimeSpan.Zero, "");
    }

    private static bool IsAbout(string text, string[] about) =>
        text.StartsWith("rbd", StringComparison.Ordinal)
        || text.StartsWith("libceph", StringComparison.Ordinal)
        || Array.Exists(about, start => text.StartsWith(start, StringComparison.Ordinal));
}
