using System.Runtime.InteropServices;

namespace CephRbd.Native;

/// <summary>
/// Takes Ceph's variables out of this process's C environment. librados reads them whenever a client is made: from
/// Nautilus on CEPH_ARGS alone could name other monitors than ceph.conf does, or turn logging to stderr on.
/// </summary>
public static partial class CephEnvironment
{
    /// <summary>What librados's clients read; the POD_ ones shift its memory options.</summary>
    public static ReadOnlySpan<string> Variables => (string[])
    [
        "CEPH_ARGS", "CEPH_CONF", "CEPH_KEYRING", "CEPH_LIB", "POD_MEMORY_REQUEST", "POD_MEMORY_LIMIT",
    ];

    /// <summary>Removes them. C's environment is not locked: call this before librados has started threads.</summary>
    internal static void Clear()
    {
        foreach (string variable in Variables)
        {
            // It fails for a malformed name only, and these are constants.
            _ = Unset(variable);
        }
    }

    /// <summary><c>int unsetenv(const char *name)</c></summary>
    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unset(string name);
}
