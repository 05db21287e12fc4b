using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <summary>
/// Declarations only. All of these are in glibc since 2.17 on both architectures; calls that came later, or
/// are inline wrappers in older releases (stat and its kin before 2.33), go through <c>syscall</c>.
/// </summary>
internal static partial class Libc
{
    private const string Library = "libc";

    /// <summary><c>int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)</c></summary>
    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string? source, string target, string? type, nuint flags, string? data);

    /// <summary><c>int umount2(const char *target, int flags)</c></summary>
    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);

    /// <summary><c>int open(const char *path, int flags, mode_t mode)</c>; variadic integers are passed alike on x64 and arm64 Linux.</summary>
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    /// <summary><c>int close(int fd)</c></summary>
    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    /// <summary><c>int unlink(const char *path)</c></summary>
    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    /// <summary><c>int rmdir(const char *path)</c></summary>
    [LibraryImport(Library, EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveDirectory(string path);

    /// <summary><c>int rename(const char *from, const char *to)</c></summary>
    [LibraryImport(Library, EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    /// <summary><c>int mkdir(const char *path, mode_t mode)</c></summary>
    [LibraryImport(Library, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectory(string path, uint mode);

    /// <summary><c>int fchmod(int fd, mode_t mode)</c></summary>
    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int ChangeMode(int fd, uint mode);

    /// <summary><c>int fsync(int fd)</c></summary>
    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int fd);

    /// <summary><c>int ftruncate(int fd, off_t length)</c></summary>
    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(int fd, long length);

    /// <summary><c>off_t lseek(int fd, off_t offset, int whence)</c></summary>
    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(int fd, long offset, int whence);

    /// <summary><c>int statfs(const char *path, struct statfs *buf)</c></summary>
    [LibraryImport(Library, EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int StatFileSystem(string path, FileSystemStatus* status);

    /// <summary><c>ssize_t write(int fd, const void *buf, size_t count)</c></summary>
    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static unsafe partial nint Write(int fd, byte* buffer, nuint count);

    /// <summary><c>int flock(int fd, int operation)</c></summary>
    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(int fd, int operation);

    /// <summary><c>int fcntl(int fd, int cmd, long arg)</c></summary>
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(int fd, int command, nint argument);

    /// <summary><c>int dup2(int from, int to)</c></summary>
    [LibraryImport(Library, EntryPoint = "dup2", SetLastError = true)]
    internal static partial int DuplicateTo(int from, int to);

    /// <summary><c>int poll(struct pollfd *fds, nfds_t count, int timeout_ms)</c></summary>
    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static unsafe partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    /// <summary><c>int kill(pid_t pid, int sig)</c></summary>
    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    /// <summary><c>void _exit(int status)</c></summary>
    [LibraryImport(Library, EntryPoint = "_exit")]
    internal static partial void ExitNow(int status);

    /// <summary><c>long syscall(long number, …)</c> with up to four arguments.</summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint Syscall(nint number, nint first, nint second, nint third, nint fourth);

    /// <summary><c>long syscall(long number, …)</c> with five arguments.</summary>
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint Syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);
}

/// <summary><c>struct pollfd</c></summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    internal int Fd;
    internal short Events;
    internal short Returned;
}
