using System.Text;

namespace CephRbd.Native;

/// <summary>Text on its way to and from C.</summary>
internal static class NativeText
{
    /// <summary>C would cut the text at a NUL and so act on another name than the caller meant.</summary>
    /// <returns>The text itself.</returns>
    /// <exception cref="ArgumentException">The text holds a NUL. The message does not repeat the text.</exception>
    internal static string Checked(string text, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(text, parameterName);
        return text.Contains('\0', StringComparison.Ordinal)
            ? throw new ArgumentException("a text for a C library must not hold a NUL character", parameterName)
            : text;
    }

    /// <summary>The UTF-8 text up to the first NUL, or all of it where there is none.</summary>
    internal static string UpToNul(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>Splits texts that each end in a NUL. Bytes after the last NUL are not part of any text.</summary>
    /// <param name="bytes">The buffer.</param>
    /// <param name="most">How many texts to take at most; the rest of the buffer may be stale.</param>
    internal static List<string> SplitNulEnded(ReadOnlySpan<byte> bytes, int most = int.MaxValue)
    {
        List<string> texts = [];
        while (texts.Count < most)
        {
            int end = bytes.IndexOf((byte)0);
            if (end < 0)
            {
                break;
            }

            texts.Add(Encoding.UTF8.GetString(bytes[..end]));
            bytes = bytes[(end + 1)..];
        }

        return texts;
    }
}
