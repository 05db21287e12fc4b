using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Native.Linux;

/// <summary>
/// An exclusive flock(2) on a lock file. The kernel drops it when the process ends, however it ends. The file
/// itself is never removed: removing it would let two processes lock two files of one name.
/// </summary>
public sealed class FileLock : IDisposable
{
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int Unlock = 8;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(5);

    private readonly SafeFileHandle _handle;

    private FileLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Takes the lock, trying again every 5 ms; null if somebody else held it all the time.</summary>
    /// <param name="path">The lock file; made if missing. A symbolic link is refused.</param>
    /// <param name="mode">Permission bits for a new file, less the umask.</param>
    /// <param name="patience">How long to try; zero tries once.</param>
    /// <exception cref="LinuxException">open(2) or flock(2) failed.</exception>
    public static FileLock? TryAcquire(string path, uint mode, TimeSpan patience)
    {
        var flags = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.CloseOnExec | OpenFlags.NoFollow;
        var handle = Files.Open(path, flags, mode);
        var held = false;
        try
        {
            held = Wait((int)handle.DangerousGetHandle(), path, patience);
            return held ? new FileLock(handle) : null;
        }
        finally
        {
            if (!held)
            {
                handle.Dispose();
            }
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        if (_handle.IsClosed)
        {
            return;
        }

        // Not by the closing alone: a process that was just forked has the file open, too, until it is another program.
        _ = Libc.Lock((int)_handle.DangerousGetHandle(), Unlock);
        _handle.Dispose();
    }

    private static bool Wait(int fd, string path, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (Libc.Lock(fd, Exclusive | NonBlocking) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno is not (Errno.TryAgain or Errno.Interrupted))
            {
                throw new LinuxException("flock", errno, path);
            }

            if (clock.Elapsed >= patience)
            {
                return false;
            }

            Thread.Sleep(_pause);
        }

        return true;
    }
}
