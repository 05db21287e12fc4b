namespace CephRbd.Native.Linux;

/// <summary>
/// Linux's error numbers that the driver meets, which are the same on x64 and arm64, and their names.
/// A table of our own, because strerror's text depends on the C library and its locale.
/// </summary>
public static class Errno
{
#pragma warning disable CS1591 // The names are those of errno(3); Describe has the texts.
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int EBADF = 9;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ENOTTY = 25;
    public const int ETXTBSY = 26;
    public const int EFBIG = 27;
    public const int ENOSPC = 28;
    public const int ESPIPE = 29;
    public const int EROFS = 30;
    public const int EMLINK = 31;
    public const int EPIPE = 32;
    public const int ERANGE = 34;
    public const int ENAMETOOLONG = 36;
    public const int ENOSYS = 38;
    public const int ENOTEMPTY = 39;
    public const int ELOOP = 40;
    public const int EOVERFLOW = 75;
    public const int EOPNOTSUPP = 95;
    public const int ENOTCONN = 107;
    public const int ETIMEDOUT = 110;
    public const int ESTALE = 116;
    public const int EDQUOT = 122;
#pragma warning restore CS1591

    /// <summary>The error's name and meaning, as in "EBUSY (device or resource busy)"; "errno 4095" if unknown.</summary>
    public static string Describe(int errno) => errno switch
    {
        EPERM => "EPERM (operation not permitted)",
        ENOENT => "ENOENT (no such file or directory)",
        ESRCH => "ESRCH (no such process)",
        EINTR => "EINTR (interrupted)",
        EIO => "EIO (input/output error)",
        ENXIO => "ENXIO (no such device or address)",
        EBADF => "EBADF (bad file descriptor)",
        EAGAIN => "EAGAIN (try again)",
        ENOMEM => "ENOMEM (out of memory)",
        EACCES => "EACCES (permission denied)",
        EBUSY => "EBUSY (device or resource busy)",
        EEXIST => "EEXIST (exists already)",
        ENODEV => "ENODEV (no such device)",
        ENOTDIR => "ENOTDIR (not a directory)",
        EISDIR => "EISDIR (is a directory)",
        EINVAL => "EINVAL (invalid argument)",
        ENFILE => "ENFILE (too many open files in the system)",
        EMFILE => "EMFILE (too many open files)",
        ENOTTY => "ENOTTY (not supported by this file)",
        ETXTBSY => "ETXTBSY (the program is running)",
        EFBIG => "EFBIG (file too large)",
        ENOSPC => "ENOSPC (no space left)",
        ESPIPE => "ESPIPE (cannot seek)",
        EROFS => "EROFS (read-only file system)",
        EMLINK => "EMLINK (too many links)",
        EPIPE => "EPIPE (the reader is gone)",
        ERANGE => "ERANGE (out of range)",
        ENAMETOOLONG => "ENAMETOOLONG (name too long)",
        ENOSYS => "ENOSYS (the kernel has no such call)",
        ENOTEMPTY => "ENOTEMPTY (directory not empty)",
        ELOOP => "ELOOP (a symbolic link, or too many of them)",
        EOVERFLOW => "EOVERFLOW (value too large)",
        EOPNOTSUPP => "EOPNOTSUPP (not supported)",
        ENOTCONN => "ENOTCONN (not connected)",
        ETIMEDOUT => "ETIMEDOUT (timed out)",
        ESTALE => "ESTALE (stale file handle)",
        EDQUOT => "EDQUOT (quota exceeded)",
        _ => $"errno {errno}",
    };
}
