using System.Text;

namespace CephRbd.Driver.Secrets;

/// <summary>Finds text that decodes to a cephx key, also in base64 once more, URL-escaped or JSON-escaped.</summary>
internal static class KeyShapes
{
    private const int MaxKeyChars = 128;

    /// <summary>Replaces each such piece of text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text without keys.</returns>
    public static string Blank(string text)
    {
        // Every key starts with its type, 01 00 or 02 00, which is "AQ" or "Ag" in base64, and "QV" or "QW" in base64 of that.
        if (text.AsSpan().IndexOfAny('A', 'Q') < 0)
        {
            return text;
        }

        StringBuilder? result = null;
        List<char> run = [];
        List<int> ends = [];
        int copied = 0;
        int i = 0;
        while (i < text.Length)
        {
            run.Clear();
            ends.Clear();
            int start = i;
            while (i < text.Length && Base64Char(text, i, out char c) is int width and > 0)
            {
                i += width;
                run.Add(c);
                ends.Add(i);
            }

            for (int at = 0; at < run.Count; at++)
            {
                int length = KeyLength(run, at);
                if (length > 0)
                {
                    int from = at == 0 ? start : ends[at - 1];
                    (result ??= new StringBuilder()).Append(text, copied, from - copied).Append(Redactor.Mask);
                    copied = ends[at + length - 1];
                    at += length - 1;
                }
            }

            i = Math.Max(i, start + 1);
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Reads one base64 character, however it is escaped.</summary>
    /// <returns>How many characters of the text it takes; 0 when there is none.</returns>
    private static int Base64Char(string text, int at, out char c)
    {
        c = text[at];
        if (char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=')
        {
            return 1;
        }

        ReadOnlySpan<char> rest = text.AsSpan(at);
        if (c == '%' && rest.Length >= 3)
        {
            c = Escaped(rest.Slice(1, 2));
            return c == '\0' ? 0 : 3;
        }

        if (c == '\\' && rest.Length >= 2 && rest[1] == '/')
        {
            c = '/';
            return 2;
        }

        if (c == '\\' && rest.Length >= 6 && rest[1..].StartsWith("u00"))
        {
            c = Escaped(rest.Slice(4, 2));
            return c == '\0' ? 0 : 6;
        }

        return 0;
    }

    private static char Escaped(ReadOnlySpan<char> hex) => hex switch
    {
        "2B" or "2b" => '+',
        "2F" or "2f" => '/',
        "3D" or "3d" => '=',
        _ => '\0',
    };

    /// <summary>Says how many characters from a place on are a key, plain or in base64 once more.</summary>
    private static int KeyLength(List<char> run, int at)
    {
        if (at + 40 > run.Count)
        {
            return 0;
        }

        if (run[at] == 'A' && run[at + 1] is 'Q' or 'g')
        {
            return PlainKeyLength(run, at);
        }

        return run[at] == 'Q' && run[at + 1] is 'V' or 'W' ? WrappedKeyLength(run, at) : 0;
    }

    private static int PlainKeyLength(List<char> run, int at)
    {
        Span<char> chars = stackalloc char[MaxKeyChars];
        Span<byte> header = stackalloc byte[CephKey.HeaderBytes];
        int count = Take(run, at, chars);
        if (!Convert.TryFromBase64Chars(chars[..16], header, out _))
        {
            return 0;
        }

        int bytes = CephKey.HeaderBytes + header[10] + (header[11] << 8);
        int length = (bytes + 2) / 3 * 4;
        if (length > count)
        {
            return 0;
        }

        return CephKey.IsWellFormed(chars[..length].ToString(), out _) ? length : 0;
    }

    private static int WrappedKeyLength(List<char> run, int at)
    {
        Span<char> chars = stackalloc char[MaxKeyChars];
        Span<byte> inner = stackalloc byte[MaxKeyChars];
        int length = Take(run, at, chars) / 4 * 4;

        // Padding ends it: what follows belongs to something else.
        int padding = chars[..length].IndexOf('=');
        if (padding >= 0)
        {
            length = Math.Min(length, (padding / 4 * 4) + 4);
        }

        if (!Convert.TryFromBase64Chars(chars[..length], inner, out int count))
        {
            return 0;
        }

        List<char> innerRun = [];
        foreach (byte b in inner[..count])
        {
            innerRun.Add((char)b);
        }

        int keyLength = innerRun.Count >= 40 ? PlainKeyLength(innerRun, 0) : 0;
        return keyLength == 0 ? 0 : length;
    }

    private static int Take(List<char> run, int at, Span<char> chars)
    {
        int count = Math.Min(chars.Length, run.Count - at);
        for (int i = 0; i < count; i++)
        {
            chars[i] = run[at + i];
        }

        return count;
    }
}
