using System.Globalization;
using System.Text;
using CephRbd.Driver.Secrets;

namespace CephRbd.Driver.Volumes;

/// <summary>Makes text of unknown origin fit for a message: one line, short, and without anything like a key.</summary>
internal static class Shown
{
    private const int MaxLength = 64;

    /// <summary>Puts text in quotes, cut to a readable length, control characters escaped, keys blanked.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The quoted text.</returns>
    public static string Quote(string text)
    {
        // Redacted before it is cut: half a key is no longer recognisable as one.
        string clean = Redactor.Redact(text);
        StringBuilder result = new("\"", MaxLength + 16);
        int length = Math.Min(clean.Length, MaxLength);
        for (int i = 0; i < length; i++)
        {
            char c = clean[i];
            if (char.IsHighSurrogate(c) && i + 1 < length && char.IsLowSurrogate(clean[i + 1]))
            {
                result.Append(c).Append(clean[++i]);
            }
            else if (char.IsControl(c) || char.IsSurrogate(c))
            {
                result.Append(Escape(c));
            }
            else
            {
                result.Append(c);
            }
        }

        if (clean.Length > MaxLength)
        {
            result.Append('…');
        }

        return result.Append('"').ToString();
    }

    /// <summary>Names one character.</summary>
    /// <param name="c">The character.</param>
    /// <returns>It in quotes, or its code when it has no shape.</returns>
    public static string Character(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) ? $"the character {Escape(c)}" : $"\"{c}\"";

    /// <summary>Text as it is, but with nothing in it that could move a terminal's cursor.</summary>
    /// <param name="text">The text: a path from mountinfo may hold anything.</param>
    /// <returns>The text, control and format characters escaped.</returns>
    public static string Printable(string text)
    {
        if (!text.Any(HasNoShape))
        {
            return text;
        }

        var result = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            result.Append(HasNoShape(c) ? Escape(c) : c.ToString());
        }

        return result.ToString();
    }

    private static bool HasNoShape(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format;

    private static string Escape(char c) => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture);
}
