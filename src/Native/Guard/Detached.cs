using System.Runtime.InteropServices;
using CephRbd.Native.Linux;

namespace CephRbd.Native.Guard;

/// <summary>
/// Calls that may never come back, made by a process of their own so that this one can always end (detached.c, linked
/// into the published program). Under the JIT they are made directly.
/// </summary>
public static partial class Detached
{
    private const string Library = "cephrbd_guard";
    private const int NoAnswer = -1;

    /// <summary>Unmounts; a symbolic link is never followed.</summary>
    /// <param name="target">The mount point.</param>
    /// <param name="lazy">Detach it now and let the kernel finish once nobody uses it (MNT_DETACH).</param>
    /// <param name="patience">How long to wait for the answer.</param>
    /// <returns>
    /// 0, or umount2's errno (EINVAL: not a mount point, EBUSY: in use). Null when it did not answer in time: the other
    /// process is left to it, and the mount point may be gone already or go later.
    /// </returns>
    /// <exception cref="LinuxException">The other process could not be started, or was ended by somebody (ECHILD).</exception>
    public static int? Unmount(string target, bool lazy, TimeSpan patience)
    {
        var flags = Mounts.UnmountFlags(lazy);
        if (!CrashGuard.IsLinked)
        {
            return Libc.Unmount(target, flags) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }

        var milliseconds = (int)Math.Clamp(Math.Ceiling(patience.TotalMilliseconds), 0, int.MaxValue);
        return NativeUnmount(target, flags, milliseconds) switch
        {
            NoAnswer => null,
            var errno and >= 0 => errno,
            var failure => throw new LinuxException("posix_spawn", -1 - failure),
        };
    }

    /// <summary><c>int cephrbd_detached_umount(const char *target, int flags, int timeout_ms)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_detached_umount", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeUnmount(string target, int flags, int timeoutMilliseconds);
}
