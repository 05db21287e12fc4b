using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <summary>A file's bytes in memory, shared with the file. Address space only: holes of a sparse file take no memory until touched.</summary>
public sealed unsafe class MappedFile : IDisposable
{
    private const int Read = 1;
    private const int Write = 2;
    private const int Shared = 1;
    private const int NoReserve = 0x4000;

    internal MappedFile(int fd, long size, bool writable)
    {
        var address = Libc.MapMemory(0, (nuint)size, writable ? Read | Write : Read, Shared | NoReserve, fd, 0);
        if (address == -1)
        {
            throw new LinuxException("mmap", Marshal.GetLastPInvokeError());
        }

        Pointer = (byte*)address;
        Length = size;
    }

    /// <summary>The first byte; null after <see cref="Dispose"/>.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>Bytes mapped. Touching one past the file's own end raises SIGBUS.</summary>
    public long Length { get; }

    /// <summary>Unmaps the memory.</summary>
    /// <exception cref="LinuxException">munmap(2) failed.</exception>
    public void Dispose()
    {
        if (Pointer is null)
        {
            return;
        }

        var address = (nint)Pointer;
        Pointer = null;
        Check.Zero(Libc.UnmapMemory(address, (nuint)Length), "munmap");
    }
}
