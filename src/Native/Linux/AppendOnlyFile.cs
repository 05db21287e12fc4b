using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Native.Linux;

/// <summary>
/// A file that many processes add lines to at once. O_APPEND makes seek-and-write one step in the kernel, so
/// lines written by one write(2) each do not tear or overwrite each other on a local file system.
/// </summary>
public sealed class AppendOnlyFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private readonly FileStatus _opened;

    private AppendOnlyFile(SafeFileHandle handle, string path)
    {
        _handle = handle;
        _path = path;
        _opened = FileStatus.OfDescriptor((int)handle.DangerousGetHandle());
    }

    /// <summary>Bytes in the file now, all writers' lines included.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public long Length => FileStatus.OfDescriptor(Fd).Size;

    /// <summary>Whether the path still leads to this file, and not to a newer one or nowhere.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public bool IsStillAtItsPath
        => FileStatus.OfPath(_path) is { } now && now.Inode == _opened.Inode && now.Device == _opened.Device;

    private int Fd => (int)_handle.DangerousGetHandle();

    /// <summary>Opens or creates the file; a symbolic link in its place is refused.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="mode">Permission bits for a new file, less the umask.</param>
    /// <exception cref="LinuxException">open(2) failed; ELOOP: a symbolic link.</exception>
    public static AppendOnlyFile Open(string path, uint mode)
    {
        var flags = OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.Create | OpenFlags.CloseOnExec | OpenFlags.NoFollow;
        var handle = Files.Open(path, flags, mode);
        try
        {
            return new AppendOnlyFile(handle, path);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Adds one line, its newline included, by one write(2).</summary>
    /// <exception cref="LinuxException">write(2) failed, or ENOSPC: it took only a part of the line.</exception>
    public unsafe void WriteLine(ReadOnlySpan<byte> line)
    {
        fixed (byte* start = line)
        {
            nint written;
            do
            {
                written = Libc.Write(Fd, start, (nuint)line.Length);
            }
            while (written < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);

            if (written < 0)
            {
                throw new LinuxException("write", Marshal.GetLastPInvokeError(), _path);
            }

            if (written < line.Length)
            {
                throw new LinuxException("write", Errno.NoSpace, _path);
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();
}
