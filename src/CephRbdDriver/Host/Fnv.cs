using System.Text;

namespace CephRbd.Driver.Host;

/// <summary>
/// FNV-1a, for names that only have to be told apart. No cryptographic hash: it would load OpenSSL, which costs more
/// than the rest of a call and is not on every node.
/// </summary>
internal static class Fnv
{
    /// <summary>The 64-bit hash of a text's UTF-8 bytes.</summary>
    public static ulong Hash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ value) * 1099511628211);
        }

        return hash;
    }
}
