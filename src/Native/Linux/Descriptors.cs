using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <summary>Bare file descriptors: standard streams, and what children may inherit.</summary>
public static class Descriptors
{
    private const int DuplicateCloseOnExec = 1030;
    private const int GetFlags = 1;
    private const int SetFlags = 2;
    private const int CloseOnExec = 1;
    private const int FirstDuplicate = 10;
    private const short Writable = 4;

    /// <summary>How long <see cref="WriteAll(int, ReadOnlySpan{byte})"/> waits for a reader of a full non-blocking pipe.</summary>
    private static readonly TimeSpan _writePatience = TimeSpan.FromSeconds(5);

    /// <summary>Another descriptor of the same open file, close-on-exec, numbered 10 or more.</summary>
    /// <exception cref="LinuxException">fcntl(2) failed.</exception>
    public static int Duplicate(int fd)
        => Check.NotNegative(Libc.Control(fd, DuplicateCloseOnExec, FirstDuplicate), "fcntl");

    /// <summary>Makes <paramref name="target"/> mean the open file of <paramref name="source"/>, inherited by children.</summary>
    /// <exception cref="LinuxException">dup2(2) failed.</exception>
    public static void Replace(int target, int source)
    {
        while (Libc.DuplicateTo(source, target) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                throw new LinuxException("dup2", errno);
            }
        }
    }

    /// <summary>Opens /dev/null for reading and writing, close-on-exec.</summary>
    /// <exception cref="LinuxException">open(2) failed.</exception>
    public static int OpenNull()
        => Check.NotNegative(Libc.Open("/dev/null", OpenFlags.ReadWrite | OpenFlags.CloseOnExec, 0), "open", "/dev/null");

    /// <summary>Closes a descriptor.</summary>
    /// <exception cref="LinuxException">close(2) failed; the descriptor is gone all the same.</exception>
    public static void Close(int fd) => Check.Zero(Libc.Close(fd), "close");

    /// <summary>Writes all of it, waiting up to 5 s each time a non-blocking descriptor is full.</summary>
    /// <exception cref="LinuxException">write(2) failed (EPIPE: nobody reads), or ETIMEDOUT.</exception>
    public static void WriteAll(int fd, ReadOnlySpan<byte> content) => WriteAll(fd, content, _writePatience);

    /// <summary>As the other, with a wait of the caller's choice.</summary>
    /// <exception cref="LinuxException">write(2) failed, or ETIMEDOUT.</exception>
    internal static unsafe void WriteAll(int fd, ReadOnlySpan<byte> content, TimeSpan patience)
    {
        fixed (byte* start = content)
        {
            var done = 0;
            while (done < content.Length)
            {
                var written = Libc.Write(fd, start + done, (nuint)(content.Length - done));
                if (written >= 0)
                {
                    done += (int)written;
                    continue;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case Errno.Interrupted:
                        break;
                    case Errno.TryAgain:
                        AwaitWritable(fd, patience);
                        break;
                    case var errno:
                        throw new LinuxException("write", errno);
                }
            }
        }
    }

    /// <summary>Marks every open descriptor numbered <paramref name="from"/> or more close-on-exec.</summary>
    /// <exception cref="LinuxException">fcntl(2) failed.</exception>
    /// <exception cref="IOException">/proc/self/fd cannot be listed.</exception>
    public static void CloseOnExecAll(int from)
    {
        foreach (var entry in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            if (!int.TryParse(Path.GetFileName(entry.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var fd) || fd < from)
            {
                continue;
            }

            var flags = Libc.Control(fd, GetFlags, 0);
            if (flags < 0 && Marshal.GetLastPInvokeError() == Errno.BadDescriptor)
            {
                // Closed since the listing: the listing's own descriptor, for one.
                continue;
            }

            Check.NotNegative(flags, "fcntl", entry);
            Check.NotNegative(Libc.Control(fd, SetFlags, flags | CloseOnExec), "fcntl", entry);
        }
    }

    private static unsafe void AwaitWritable(int fd, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var left = patience - clock.Elapsed;
            if (left <= TimeSpan.Zero)
            {
                throw new LinuxException("write", Errno.TimedOut);
            }

            var waited = new PollDescriptor { Fd = fd, Events = Writable };
            var ready = Libc.Poll(&waited, 1, (int)Math.Ceiling(left.TotalMilliseconds));
            if (ready > 0)
            {
                return;
            }

            if (ready < 0 && Marshal.GetLastPInvokeError() is var errno && errno != Errno.Interrupted)
            {
                throw new LinuxException("poll", errno);
            }
        }
    }
}
