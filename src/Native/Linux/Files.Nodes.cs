using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <content>What a path leads to, whether it still works, and the kernel's control files.</content>
public static partial class Files
{
    private const uint DirectoryKind = 0x4000;
    private const uint KindBits = 0xF000;
    private const int EntriesBuffer = 4096;

    /// <summary>
    /// The number of the file system (st_dev) of what a path leads to, links followed. Made for /proc/PID/fd/N: a
    /// process that ended or a descriptor that was closed meanwhile is no error. Asking about a file on a file server
    /// that does not answer can take for ever.
    /// </summary>
    /// <returns>Null if nothing is there, or it may not be looked at (EACCES).</returns>
    /// <exception cref="LinuxException">The path cannot be examined for another reason.</exception>
    public static ulong? DeviceOf(string path) => Look(path)?.Device;

    /// <summary>As <see cref="DeviceOf"/>, but the number of the block device itself (st_rdev); null also for all else.</summary>
    /// <exception cref="LinuxException">The path cannot be examined.</exception>
    public static ulong? RealDeviceOf(string path)
        => Look(path) is { IsBlockDevice: true } status ? status.RealDevice : null;

    /// <summary>
    /// The error that looking at a path meets: stat(2), links followed, and for a directory reading its first
    /// entries too, as stat alone is often answered from memory though the device or server below is gone. On one
    /// that does not answer it can take for ever.
    /// </summary>
    /// <returns>The errno (a dead mount: EIO, ENOTCONN, ESTALE, ESHUTDOWN, ENXIO); null when all went well.</returns>
    public static int? ErrorOf(string path)
    {
        var errno = FileStatus.Follow(path, out var status);
        if (errno == 0 && (status.Mode & KindBits) == DirectoryKind)
        {
            errno = ReadEntries(path);
        }

        return errno == 0 ? null : errno;
    }

    /// <summary>
    /// Writes to a file that is there by exactly one write(2): a control file takes each write as a command of its
    /// own. Nothing is created or truncated.
    /// </summary>
    /// <returns>Bytes taken, perhaps fewer than given, and 0 too.</returns>
    /// <exception cref="LinuxException">open(2) or write(2) failed. The message never holds the content.</exception>
    public static unsafe int WriteOnce(string path, ReadOnlySpan<byte> content)
    {
        using var file = Open(path, OpenFlags.WriteOnly | OpenFlags.CloseOnExec, 0);
        fixed (byte* start = content)
        {
            while (true)
            {
                var written = Libc.Write(Fd(file), start, (nuint)content.Length);
                if (written >= 0)
                {
                    return (int)written;
                }

                var errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.Interrupted)
                {
                    throw new LinuxException("write", errno, path);
                }
            }
        }
    }

    /// <summary>Removes an empty directory; one that is not there is fine.</summary>
    /// <exception cref="LinuxException">rmdir(2) failed; ENOTEMPTY, EBUSY: a mount point, ENOTDIR.</exception>
    public static void RemoveDirectory(string path)
    {
        if (Libc.RemoveDirectory(path) != 0 && Marshal.GetLastPInvokeError() is var errno && errno != Errno.NoEntry)
        {
            throw new LinuxException("rmdir", errno, path);
        }
    }

    private static FileStatus? Look(string path) => FileStatus.Follow(path, out var status) switch
    {
        0 => status,
        Errno.NoEntry or Errno.NoProcess or Errno.Access or Errno.NotDirectory => null,
        var errno => throw new LinuxException("newfstatat", errno, path),
    };

    private static unsafe int ReadEntries(string path)
    {
        var fd = Libc.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        var buffer = stackalloc byte[EntriesBuffer];
        var read = Libc.Syscall(SyscallNumbers.DirectoryEntries, fd, (nint)buffer, EntriesBuffer, 0);
        var errno = read < 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = Libc.Close(fd);
        return errno;
    }
}
