using System.Buffers.Binary;

namespace CephRbd.Driver.Secrets;

/// <summary>
/// The text form of a cephx key. librados prints a key that it can't decode, so keys are looked at before it sees them.
/// </summary>
internal static class CephKey
{
    /// <summary>The bytes before the key proper: type, creation time in seconds and nanoseconds, length.</summary>
    public const int HeaderBytes = 12;

    /// <summary>The shortest key proper that Ceph takes, in bytes.</summary>
    public const int MinKeyBytes = 16;

    private const int MaxChars = 4096;

    /// <summary>
    /// Checks that a text is base64 of: type (u16, 1 = AES-128 or 2 = AES-256), creation time (two u32), length (u16), all
    /// little-endian, and then exactly that many bytes.
    /// </summary>
    /// <param name="text">The key's text, without white space around it.</param>
    /// <param name="why">What is wrong with it, never with any part of the key; empty if nothing is.</param>
    /// <returns>Whether Ceph can decode it.</returns>
    public static bool IsWellFormed(string text, out string why)
    {
        if (text.Length == 0)
        {
            why = "the key is empty";
            return false;
        }

        if (text.Length > MaxChars)
        {
            why = $"the key is longer than {MaxChars} characters";
            return false;
        }

        // The decoder would skip white space, which Ceph's own doesn't take.
        Span<byte> bytes = stackalloc byte[MaxChars];
        if (text.AsSpan().ContainsAny(" \t\r\n") || !Convert.TryFromBase64String(text, bytes, out int count))
        {
            why = "the key is not valid base64: copy it again, as \"ceph auth get-key\" prints it";
            return false;
        }

        why = Problem(bytes[..count]);
        return why.Length == 0;
    }

    private static string Problem(ReadOnlySpan<byte> key)
    {
        if (key.Length < HeaderBytes)
        {
            return $"the key is cut off: it has only {key.Length} bytes";
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(key);
        if (type is not (1 or 2))
        {
            return "the key is of an unknown type: it is not a cephx key, or not all of one";
        }

        ushort length = BinaryPrimitives.ReadUInt16LittleEndian(key[10..]);
        if (key.Length - HeaderBytes != length)
        {
            return $"the key has {key.Length - HeaderBytes} bytes where it says {length}: a part is missing or added";
        }

        return length < MinKeyBytes ? $"the key has only {length} bytes: too few for a cephx key" : "";
    }
}
