using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace CephRbd.Native.Linux;

/// <summary>Keys that the kernel keeps, so that a secret need not stand in an argument or a file.</summary>
public static class KeyRing
{
    private const nint ProcessKeyring = -2;

    /// <summary>
    /// Puts a key into the process keyring, which is gone, key and all, when the process ends; a key of the same type
    /// and description is replaced (add_key(2)).
    /// Despite its name the keyring belongs to the calling thread if other threads ran already when its first key was
    /// put in: whoever is to make the kernel look for the key must do so on this same thread, or one started later by it.
    /// </summary>
    /// <param name="type">The key's type, such as "ceph", whose payload is a key of the cluster, decoded from its base64 text.</param>
    /// <param name="description">The name it is looked for by; not secret, /proc/keys shows it to others of the same user.</param>
    /// <param name="payload">The secret.</param>
    /// <exception cref="LinuxException">add_key(2) failed. ENODEV: the kernel has no such key type (for "ceph": libceph is not loaded).</exception>
    public static unsafe void AddToProcess(string type, string description, ReadOnlySpan<byte> payload)
    {
        var kind = Utf8StringMarshaller.ConvertToUnmanaged(type);
        var name = Utf8StringMarshaller.ConvertToUnmanaged(description);
        try
        {
            fixed (byte* secret = payload)
            {
                if (Libc.Syscall(SyscallNumbers.AddKey, (nint)kind, (nint)name, (nint)secret, payload.Length, ProcessKeyring) < 0)
                {
                    throw new LinuxException("add_key", Marshal.GetLastPInvokeError());
                }
            }
        }
        finally
        {
            Utf8StringMarshaller.Free(kind);
            Utf8StringMarshaller.Free(name);
        }
    }
}
