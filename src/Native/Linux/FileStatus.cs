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
internal readonly record struct FileStatus(ulong Device, ulong Inode, uint Mode, ulong Links, ulong RealDevice, long Size)
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

    /// <summary>Whether it is a block device; <see cref="RealDevice"/> is then its number.</summary>
    internal bool IsBlockDevice => (Mode & 0xF000) == 0x6000;

    /// <summary>Asks for a path, not following a link at its end; null if nothing is there.</summary>
    /// <exception cref="LinuxException">The call failed otherwise.</exception>
    internal static FileStatus? OfPath(string path)
    {
        var errno = Ask(path, SymlinkNoFollow, out var status);
        return errno is Errno.NoEntry or Errno.NotDirectory ? null : Succeeded(errno, path, status);
    }

    /// <summary>Asks for what a path leads to. Asking a file server that does not answer can take for ever.</summary>
    /// <returns>0, or the errno and an empty status.</returns>
    internal static int Follow(string path, out FileStatus status) => Ask(path, 0, out status);

    /// <summary>Asks for an open descriptor.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    internal static unsafe FileStatus OfDescriptor(int fd)
    {
        byte nothing = 0;
        var errno = Ask(fd, &nothing, EmptyPath, out var status);
        return Succeeded(errno, null, status);
    }

    private static FileStatus Succeeded(int errno, string? path, FileStatus status)
        => errno == 0 ? status : throw new LinuxException("newfstatat", errno, path);

    private static unsafe int Ask(string path, int flags, out FileStatus status)
    {
        var name = Utf8StringMarshaller.ConvertToUnmanaged(path);
        try
        {
            return Ask(CurrentDirectory, name, flags, out status);
        }
        finally
        {
            Utf8StringMarshaller.Free(name);
        }
    }

    private static unsafe int Ask(int fd, byte* name, int flags, out FileStatus status)
    {
        var buffer = stackalloc byte[LargestStat];
        if (Libc.Syscall(SyscallNumbers.StatAt, fd, (nint)name, (nint)buffer, flags) != 0)
        {
            status = default;
            return Marshal.GetLastPInvokeError();
        }

        // struct stat of the two architectures differs between st_ino and st_size only.
        var arm = SyscallNumbers.IsArm64;
        status = new FileStatus(
            Device: *(ulong*)buffer,
            Inode: *(ulong*)(buffer + 8),
            Mode: *(uint*)(buffer + (arm ? 16 : 24)),
            Links: arm ? *(uint*)(buffer + 20) : *(ulong*)(buffer + 16),
            RealDevice: *(ulong*)(buffer + (arm ? 32 : 40)),
            Size: *(long*)(buffer + 48));
        return 0;
    }
}
