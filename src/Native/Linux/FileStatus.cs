using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace CephRbd.Native.Linux;

/// <summary>What a path is, without following a symbolic link at its end.</summary>
public enum FileKind
{
    /// <summary>Nothing is there.</summary>
    Missing,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Symlink,

    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A device, socket or pipe.</summary>
    Other,
}

/// <summary>
/// The fields of struct stat that the driver looks at. Asked for by newfstatat's own number, since glibc
/// exports neither stat nor fstat before 2.33 and statx needs a kernel 4.11.
/// </summary>
internal readonly record struct FileStatus(ulong Device, ulong Inode, uint Mode, ulong Links, long Size)
{
    private const int SymlinkNoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const int CurrentDirectory = -100;
    private const int LargestStat = 144;

    /// <summary>The kind that the mode tells.</summary>
    internal FileKind Kind => (Mode & 0xF000) switch
    {
        0x4000 => FileKind.Directory,
        0xA000 => FileKind.Symlink,
        0x8000 => FileKind.Regular,
        _ => FileKind.Other,
    };

    /// <summary>Asks for a path, not following a link at its end; null if nothing is there.</summary>
    /// <exception cref="LinuxException">The call failed otherwise.</exception>
    internal static unsafe FileStatus? OfPath(string path)
    {
        var name = Utf8StringMarshaller.ConvertToUnmanaged(path);
        try
        {
            return Ask(CurrentDirectory, name, SymlinkNoFollow, path);
        }
        finally
        {
            Utf8StringMarshaller.Free(name);
        }
    }

    /// <summary>Asks for an open descriptor.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    internal static unsafe FileStatus OfDescriptor(int fd)
    {
        byte nothing = 0;
        return Ask(fd, &nothing, EmptyPath, null) ?? throw new LinuxException("newfstatat", Errno.NoEntry);
    }

    private static unsafe FileStatus? Ask(int fd, byte* name, int flags, string? path)
    {
        var buffer = stackalloc byte[LargestStat];
        var arm = SyscallNumbers.IsArm64;
        if (Libc.Syscall(SyscallNumbers.StatAt, fd, (nint)name, (nint)buffer, flags) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno is Errno.NoEntry or Errno.NotDirectory
                ? null
                : throw new LinuxException("newfstatat", errno, path);
        }

        // struct stat of the two architectures differs between st_ino and st_rdev only.
        return new FileStatus(
            Device: *(ulong*)buffer,
            Inode: *(ulong*)(buffer + 8),
            Mode: *(uint*)(buffer + (arm ? 16 : 24)),
            Links: arm ? *(uint*)(buffer + 20) : *(ulong*)(buffer + 16),
            Size: *(long*)(buffer + 48));
    }
}
