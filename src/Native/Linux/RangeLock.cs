using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Native.Linux;

/// <summary>
/// An exclusive lock on one byte of a lock file (an open file description lock, Linux 3.15): many locks, one file.
/// The kernel drops it when the process ends, however it ends.
/// </summary>
public sealed class RangeLock : IDisposable
{
    private const int SetLockOfDescription = 37; // F_OFD_SETLK
    private const short WriteLock = 1;
    private const short NoLock = 2;
    private const uint OwnerOnly = 0x180;

    private readonly SafeFileHandle _handle;
    private readonly long _offset;

    private RangeLock(SafeFileHandle handle, long offset) => (_handle, _offset) = (handle, offset);

    /// <summary>Takes the lock if nobody has it.</summary>
    /// <param name="path">The lock file; made with mode 0600 if missing. A symbolic link is refused.</param>
    /// <param name="offset">Which byte; the file need not be that long.</param>
    /// <returns>Null when somebody else, or another handle of this process, holds it.</returns>
    /// <exception cref="LinuxException">open(2) or fcntl(2) failed.</exception>
    public static unsafe RangeLock? TryTake(string path, long offset)
    {
        int flags = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.CloseOnExec | OpenFlags.NoFollow;
        SafeFileHandle handle = Files.Open(path, flags, OwnerOnly);
        var range = new FileRange { Type = WriteLock, Start = offset, Length = 1 };
        while (Libc.Control((int)handle.DangerousGetHandle(), SetLockOfDescription, (nint)(&range)) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Interrupted)
            {
                continue;
            }

            handle.Dispose();
            return errno is Errno.TryAgain or Errno.Access ? null : throw new LinuxException("fcntl", errno, path);
        }

        return new RangeLock(handle, offset);
    }

    /// <summary>Gives the lock back.</summary>
    public unsafe void Dispose()
    {
        if (_handle.IsClosed)
        {
            return;
        }

        // Not by the closing alone: a process that was just forked has the file open, too, until it is another program.
        var range = new FileRange { Type = NoLock, Start = _offset, Length = 1 };
        _ = Libc.Control((int)_handle.DangerousGetHandle(), SetLockOfDescription, (nint)(&range));
        _handle.Dispose();
    }

    /// <summary>struct flock of 64-bit Linux; the process id must be 0 for this kind of lock.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileRange
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }
}
