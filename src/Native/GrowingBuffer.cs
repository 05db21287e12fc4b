using System.Security.Cryptography;

namespace CephRbd.Native;

/// <summary>The one loop for calls that answer "buffer too small" (-ERANGE) until it is large enough.</summary>
internal static class GrowingBuffer
{
    // Another client may lengthen the answer between two tries; it will not do so for ever.
    private const int MostTries = 16;
    private const int MostBytes = 256 << 20;

    /// <summary>Calls C once.</summary>
    /// <param name="buffer">Where the answer goes.</param>
    /// <param name="needed">Set by the callee to the size wanted, if it says so; 0 lets the buffer double.</param>
    /// <returns>The C call's result: at least 0, or -errno.</returns>
    internal delegate nint Call(Span<byte> buffer, ref nuint needed);

    /// <summary>Makes something of a filled buffer, which is wiped afterwards.</summary>
    internal delegate T Take<out T>(ReadOnlySpan<byte> buffer, int result);

    /// <summary>Calls until the buffer is large enough.</summary>
    /// <returns>What <paramref name="take"/> made of it; default when <paramref name="absentIsDefault"/> and the answer is -2.</returns>
    /// <exception cref="CephException">Any other negative result, or an answer that never fits.</exception>
    internal static T? Fill<T>(
        string name, string? subject, int initialSize, Call call, Take<T> take, bool absentIsDefault = false)
    {
        int size = initialSize;
        for (int attempt = 0; attempt < MostTries && size <= MostBytes; attempt++)
        {
            byte[] buffer = new byte[size];
            try
            {
                nuint needed = 0;
                nint result = call(buffer, ref needed);
                if (result == -Errno.NoEntry && absentIsDefault)
                {
                    return default;
                }

                if (result != -Errno.Range)
                {
                    return take(buffer, Ensure.Count(result, name, subject));
                }

                size = needed > (nuint)size ? (int)Math.Min(needed, int.MaxValue) : size * 2;
            }
            finally
            {
                // A configuration value or an image's metadata may be a secret.
                CryptographicOperations.ZeroMemory(buffer);
            }
        }

        throw new CephException(name, -Errno.Range, subject);
    }
}
