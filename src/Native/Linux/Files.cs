using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Native.Linux;

/// <summary>Files without a name, sparse files, and files that must be whole or not there.</summary>
public static partial class Files
{
    private const uint OwnerOnly = 0x180;
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const nint MemoryCloseOnExec = 1;

    /// <summary>
    /// A new file in <paramref name="dir"/>'s file system that has no name and is gone when closed: O_TMPFILE, or
    /// where the file system or kernel lacks that, a file removed as soon as made. Mode 0600.
    /// </summary>
    /// <exception cref="LinuxException">open(2) or unlink(2) failed.</exception>
    public static SafeFileHandle OpenUnnamed(string dir)
    {
        var fd = Libc.Open(dir, OpenFlags.Unnamed | OpenFlags.ReadWrite | OpenFlags.CloseOnExec, OwnerOnly);
        if (fd >= 0)
        {
            return new SafeFileHandle(fd, ownsHandle: true);
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.NotSupported or Errno.IsDirectory or Errno.NoEntry or Errno.Invalid
            ? OpenUnlinked(dir)
            : throw new LinuxException("open", errno, dir);
    }

    /// <summary>
    /// Puts a file in place so that after a crash either the old or the new content is there, whole: written under
    /// a temporary dot name, synced, renamed, and the directory synced. The temporary file is removed on failure.
    /// </summary>
    /// <param name="dir">The directory.</param>
    /// <param name="name">The file's name in it.</param>
    /// <param name="content">All of its content.</param>
    /// <param name="mode">Its exact permission bits, whatever the umask.</param>
    /// <exception cref="LinuxException">A call failed.</exception>
    /// <exception cref="ArgumentException">The name is empty or is a path.</exception>
    public static void WriteDurable(string dir, string name, ReadOnlySpan<byte> content, uint mode)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name is "." or ".." || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException("a plain file name is needed", nameof(name));
        }

        var target = Path.Join(dir, name);
        var temporary = TemporaryPath(dir, name);
        using (var file = OpenNew(temporary))
        {
            try
            {
                var fd = (int)file.DangerousGetHandle();
                Descriptors.WriteAll(fd, content);

                // Wider permissions than 0600 only once the content is whole.
                Check.Zero(Libc.ChangeMode(fd, mode), "fchmod", temporary);
                Check.Zero(Libc.Sync(fd), "fsync", temporary);
                Check.Zero(Libc.Rename(temporary, target), "rename", target);
            }
            catch
            {
                // The first failure is the one to tell; a leftover dot file is looked for by nobody.
                _ = Libc.Unlink(temporary);
                throw;
            }
        }

        SyncDirectory(dir);
    }

    /// <summary>Makes one directory; one that is there already is left as it is.</summary>
    /// <param name="path">Its path; the directory above it must be there.</param>
    /// <param name="mode">Permission bits for a new one, less the umask.</param>
    /// <exception cref="LinuxException">mkdir(2) failed.</exception>
    public static void MakeDirectory(string path, uint mode)
    {
        if (Libc.MakeDirectory(path, mode) != 0 && Marshal.GetLastPInvokeError() is var errno && errno != Errno.Exists)
        {
            throw new LinuxException("mkdir", errno, path);
        }
    }

    /// <summary>Renames within one file system, replacing what has the new name.</summary>
    /// <exception cref="LinuxException">rename(2) failed.</exception>
    public static void Rename(string from, string to) => Check.Zero(Libc.Rename(from, to), "rename", from);

    /// <summary>Removes a name that is not a directory's; one that is not there is fine.</summary>
    /// <exception cref="LinuxException">unlink(2) failed.</exception>
    public static void Remove(string path)
    {
        if (Libc.Unlink(path) != 0 && Marshal.GetLastPInvokeError() is var errno && errno != Errno.NoEntry)
        {
            throw new LinuxException("unlink", errno, path);
        }
    }

    /// <summary>Makes a file exactly this long; a longer one gets a hole at its end.</summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="LinuxException">ftruncate(2) failed.</exception>
    public static void SetLength(SafeFileHandle file, long length)
        => Check.Zero(Libc.Truncate(Fd(file), length), "ftruncate");

    /// <summary>
    /// Where a sparse file has data, in order; all the rest reads as zeros. A file system that cannot tell has one
    /// extent, the whole file. Moves the file offset.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="size">Bytes of it to look at.</param>
    /// <exception cref="LinuxException">lseek(2) failed.</exception>
    public static IReadOnlyList<(long Offset, long Length)> DataExtents(SafeFileHandle file, long size)
    {
        var fd = Fd(file);
        var extents = new List<(long Offset, long Length)>();
        for (long position = 0; position < size;)
        {
            var data = Libc.Seek(fd, position, SeekData);
            if (data < 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Errno.NoDevice:
                        return extents;
                    case Errno.Invalid or Errno.NotSupported:
                        return [(0, size)];
                    case var errno:
                        throw new LinuxException("lseek", errno);
                }
            }

            if (data >= size)
            {
                break;
            }

            var hole = Libc.Seek(fd, data, SeekHole);
            if (hole < 0)
            {
                throw new LinuxException("lseek", Marshal.GetLastPInvokeError());
            }

            position = Math.Min(hole, size);
            extents.Add((data, position - data));
        }

        return extents;
    }

    /// <summary>A new empty file in memory (memfd_create, Linux 3.17), close-on-exec.</summary>
    /// <param name="name">Shown in /proc/PID/fd only.</param>
    /// <exception cref="LinuxException">memfd_create(2) failed.</exception>
    public static unsafe SafeFileHandle CreateMemory(string name)
    {
        var text = Utf8StringMarshaller.ConvertToUnmanaged(name);
        try
        {
            var fd = (int)Libc.Syscall(SyscallNumbers.MemoryFile, (nint)text, MemoryCloseOnExec, 0, 0);
            return new SafeFileHandle(Check.NotNegative(fd, "memfd_create"), ownsHandle: true);
        }
        finally
        {
            Utf8StringMarshaller.Free(text);
        }
    }

    /// <summary>Whether a directory is there, and not a link to one.</summary>
    /// <exception cref="LinuxException">The path cannot be examined.</exception>
    public static bool IsDirectoryNoFollow(string path) => KindOf(path) == FileKind.Directory;

    /// <summary>What is there; a symbolic link at the end of the path is not followed.</summary>
    /// <exception cref="LinuxException">The path cannot be examined.</exception>
    public static FileKind KindOf(string path) => FileStatus.OfPath(path)?.Kind ?? FileKind.Missing;

    /// <summary>A directory's path without symbolic links, "." and "..": the one that mountinfo shows.</summary>
    /// <param name="dir">The directory; not a link to one.</param>
    /// <exception cref="LinuxException">It cannot be opened: ENOTDIR or ELOOP when it is none.</exception>
    /// <exception cref="IOException">The kernel does not tell its path.</exception>
    public static string CanonicalDirectory(string dir)
    {
        using var held = HeldDirectory.Open(dir);
        return held.Place();
    }

    /// <summary>open(2), tried again when interrupted.</summary>
    /// <exception cref="LinuxException">It failed.</exception>
    internal static SafeFileHandle Open(string path, int flags, uint mode)
    {
        while (true)
        {
            var fd = Libc.Open(path, flags, mode);
            if (fd >= 0)
            {
                return new SafeFileHandle(fd, ownsHandle: true);
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                throw new LinuxException("open", errno, path);
            }
        }
    }

    /// <summary>The way of <see cref="OpenUnnamed"/> that works everywhere.</summary>
    internal static SafeFileHandle OpenUnlinked(string dir)
    {
        var path = TemporaryPath(dir, "unnamed");
        var file = OpenNew(path);
        if (Libc.Unlink(path) == 0)
        {
            return file;
        }

        var errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        throw new LinuxException("unlink", errno, path);
    }

    private static int Fd(SafeFileHandle file) => (int)file.DangerousGetHandle();

    private static string TemporaryPath(string dir, string name)
        => Path.Join(dir, $".{name}.{Guid.NewGuid():N}");

    private static SafeFileHandle OpenNew(string path) => Open(
        path,
        OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec,
        OwnerOnly);

    private static void SyncDirectory(string dir)
    {
        using var handle = Open(dir, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0);

        // Some network file systems cannot sync a directory and say EINVAL; there is nothing more to do then.
        if (Libc.Sync(Fd(handle)) != 0 && Marshal.GetLastPInvokeError() is var errno && errno != Errno.Invalid)
        {
            throw new LinuxException("fsync", errno, dir);
        }
    }
}
