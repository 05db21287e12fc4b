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
    private const int OfKey = 0x10000;

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

        return Errno(NativeUnmount(target, flags, Milliseconds(patience)));
    }

    /// <summary>Mounts a block device.</summary>
    /// <param name="device">Its node.</param>
    /// <param name="target">The directory.</param>
    /// <param name="fsType">The file system.</param>
    /// <param name="flags">Flags of the mount and of the file system.</param>
    /// <param name="data">The file system's own options; empty for none.</param>
    /// <param name="patience">How long to wait for the answer.</param>
    /// <returns>0, or mount's errno. Null when it did not answer in time: it may be mounted later.</returns>
    /// <exception cref="LinuxException">The other process could not be started, or was ended by somebody (ECHILD).</exception>
    public static int? Mount(string device, string target, string fsType, MountFlags flags, string data, TimeSpan patience) =>
        CrashGuard.IsLinked
            ? Errno(NativeMount(device, target, fsType, (int)flags, data, Milliseconds(patience)))
            : Libc.Mount(device, target, fsType, (nuint)(int)flags, data.Length == 0 ? null : data) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Reads the first bytes of a block device, at most 64 KiB.</summary>
    /// <param name="path">Its node.</param>
    /// <param name="buffer">Gets the bytes.</param>
    /// <param name="patience">How long to wait for them.</param>
    /// <returns>How many there are. Null when it did not answer in time.</returns>
    /// <exception cref="LinuxException">open(2) or read(2) failed, or the other process could not be started, or was ended by somebody (ECHILD).</exception>
    public static unsafe int? ReadHead(string path, Span<byte> buffer, TimeSpan patience)
    {
        if (!CrashGuard.IsLinked)
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec, 0);
            return RandomAccess.Read(file, buffer, 0);
        }

        int length = 0;
        fixed (byte* start = buffer)
        {
            return Errno(NativeHead(path, start, buffer.Length, Milliseconds(patience), &length)) switch
            {
                null => null,
                0 => length,
                { } errno => throw new LinuxException("read", errno, path),
            };
        }
    }

    /// <summary>
    /// Writes a text to a control file by one write(2), if asked for with a key of the type "ceph" in the writing process'
    /// key ring (add_key(2)).
    /// </summary>
    /// <param name="path">The control file.</param>
    /// <param name="text">The text; never a secret: it is an argument of the other process.</param>
    /// <param name="patience">How long to wait for the answer.</param>
    /// <param name="endLate">Whether to break the write off where the kernel lets it when it does not answer in time.</param>
    /// <param name="keyName">The key's name in the key ring; empty for no key.</param>
    /// <param name="key">The key's bytes, at most 4096; the other process gets them by a pipe.</param>
    /// <returns>0, or the errno of open or write. Null when it did not answer in time: it may still come to its end.</returns>
    /// <exception cref="LinuxException">add_key failed (ENODEV: the kernel has no such key type), or the other process could not be started, or was ended by somebody (ECHILD).</exception>
    public static unsafe int? Write(string path, string text, TimeSpan patience, bool endLate, string keyName = "", ReadOnlySpan<byte> key = default)
    {
        if (!CrashGuard.IsLinked)
        {
            return WriteDirectly(path, text, keyName, key);
        }

        fixed (byte* start = key)
        {
            return Errno(NativeWrite(path, text, keyName, start, key.Length, Milliseconds(patience), endLate ? 1 : 0)) switch
            {
                { } errno when (errno & OfKey) != 0 => throw new LinuxException("add_key", errno & ~OfKey),
                var result => result,
            };
        }
    }

    private static int WriteDirectly(string path, string text, string keyName, ReadOnlySpan<byte> key)
    {
        if (keyName.Length > 0)
        {
            KeyRing.AddToProcess("ceph", keyName, key);
        }

        try
        {
            _ = Files.WriteOnce(path, System.Text.Encoding.UTF8.GetBytes(text));
            return 0;
        }
        catch (LinuxException e)
        {
            return e.Errno;
        }
    }

    private static int Milliseconds(TimeSpan patience) => (int)Math.Clamp(Math.Ceiling(patience.TotalMilliseconds), 0, int.MaxValue);

    private static int? Errno(int result) => result switch
    {
        NoAnswer => null,
        >= 0 => result,
        _ => throw new LinuxException("posix_spawn", -1 - result),
    };

    /// <summary><c>int cephrbd_detached_umount(const char *target, int flags, int timeout_ms)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_detached_umount", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeUnmount(string target, int flags, int timeoutMilliseconds);

    /// <summary><c>int cephrbd_detached_mount(const char *source, const char *target, const char *type, int flags, const char *data, int timeout_ms)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_detached_mount", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeMount(string source, string target, string type, int flags, string data, int timeoutMilliseconds);

    /// <summary><c>int cephrbd_detached_head(const char *path, void *buffer, int length, int timeout_ms, int *read_length)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_detached_head", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int NativeHead(string path, byte* buffer, int length, int timeoutMilliseconds, int* readLength);

    /// <summary><c>int cephrbd_detached_write(const char *path, const char *text, const char *key_name, const void *key, int key_length, int timeout_ms, int kill_late)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_detached_write", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int NativeWrite(string path, string text, string keyName, byte* key, int keyLength, int timeoutMilliseconds, int killLate);
}
