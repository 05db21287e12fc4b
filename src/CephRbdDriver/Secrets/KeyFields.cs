using System.Buffers;
using System.Text;

namespace CephRbd.Driver.Secrets;

/// <summary>
/// Finds values that stand where a key stands: <c>key = …</c> of a keyring, <c>key=…</c> of QEMU and the kernel,
/// <c>"userKey":"…"</c> and <c>"kubernetes.io/secret/…":"…"</c> of JSON, also of JSON quoted in a JSON string.
/// </summary>
internal static class KeyFields
{
    private static readonly SearchValues<char> _bareEnds = SearchValues.Create(" \t\r\n,;:&\"'");

    private static readonly string[] _names = ["kubernetes.io/secret/", "userkey", "keyring", "secret", "key"];

    /// <summary>Replaces each such value. A path stays: a keyring's place is no secret.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text with the values blanked.</returns>
    public static string Blank(string text)
    {
        StringBuilder? result = null;
        int copied = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if ((i == 0 || !IsWordChar(text[i - 1])) && FindValue(text, i, out int start, out int end))
            {
                (result ??= new StringBuilder()).Append(text, copied, start - copied).Append(Redactor.Mask);
                copied = end;
                i = end - 1;
            }
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static bool IsWordChar(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.';

    private static bool FindValue(string text, int at, out int start, out int end)
    {
        start = end = 0;
        string? name = Array.Find(_names, n => text.AsSpan(at).StartsWith(n, StringComparison.OrdinalIgnoreCase));
        if (name is null)
        {
            return false;
        }

        int i = at + name.Length;
        if (name[^1] == '/')
        {
            while (i < text.Length && IsWordChar(text[i]))
            {
                i++;
            }
        }

        int afterQuote = SkipQuote(text, i);
        bool quoted = afterQuote > i;
        i = SkipBlanks(text, afterQuote);

        // Without quotes a colon is prose: "unknown key: pool".
        if (i == text.Length || !(text[i] == '=' || (quoted && text[i] == ':')))
        {
            return false;
        }

        int value = SkipBlanks(text, i + 1);
        start = SkipQuote(text, value);
        end = start > value ? QuotedEnd(text, start) : BareEnd(text, start);
        return end > start && text[start] != '/' && !text.AsSpan(start, end - start).SequenceEqual(Redactor.Mask);
    }

    private static int SkipBlanks(string text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }

        return at;
    }

    /// <summary>Steps over one quote with any backslashes before it.</summary>
    private static int SkipQuote(string text, int at)
    {
        int i = at;
        while (i < text.Length && text[i] == '\\')
        {
            i++;
        }

        return i < text.Length && text[i] is '"' or '\'' ? i + 1 : at;
    }

    private static int QuotedEnd(string text, int start)
    {
        char quote = text[start - 1];
        bool nested = start >= 2 && text[start - 2] == '\\';
        int i = start;
        while (i < text.Length && text[i] != quote)
        {
            // In plain JSON a backslash protects the next character; in nested JSON it belongs to the closing quote.
            i += text[i] == '\\' && !nested ? 2 : 1;
        }

        i = Math.Min(i, text.Length);
        while (nested && i > start && text[i - 1] == '\\')
        {
            i--;
        }

        return i;
    }

    private static int BareEnd(string text, int start)
    {
        int end = text.AsSpan(start).IndexOfAny(_bareEnds);
        return end < 0 ? text.Length : start + end;
    }
}
