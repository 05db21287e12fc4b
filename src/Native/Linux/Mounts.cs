namespace CephRbd.Native.Linux;

/// <summary>mount(2) and umount2(2). All need CAP_SYS_ADMIN in the mount namespace.</summary>
public static class Mounts
{
    private const MountFlags Private = (MountFlags)(1 << 18);
    private const int Detach = 2;
    private const int NoFollow = 8;

    /// <summary>Mounts a new tmpfs (nosuid, nodev, noexec) on a directory.</summary>
    /// <param name="target">The directory.</param>
    /// <param name="source">The name that mountinfo shows as the source.</param>
    /// <param name="options">tmpfs options, as in "size=64k,mode=0700".</param>
    /// <exception cref="LinuxException">mount(2) failed.</exception>
    public static void MountTmpfs(string target, string source, string options)
        => Call(source, target, "tmpfs", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, options);

    /// <summary>Mounts a block device's file system. Reading a dead device can take for ever.</summary>
    /// <param name="device">The device node's path.</param>
    /// <param name="target">The directory.</param>
    /// <param name="fsType">The file system's type, as in /proc/filesystems.</param>
    /// <param name="flags">The flags all file systems share.</param>
    /// <param name="data">The file system's own options, comma-separated; null for none.</param>
    /// <exception cref="LinuxException">
    /// mount(2) failed; ENODEV: no such type in this kernel, EBUSY: the device is claimed or the target in use,
    /// EINVAL: no file system of that type is on it, or it does not know an option.
    /// </exception>
    public static void MountDevice(string device, string target, string fsType, MountFlags flags, string? data)
        => Call(device, target, fsType, flags, data);

    /// <summary>
    /// Gives one mount point (a bind mount for one) flags of its own: those named here, and none of the others that
    /// a mount point has (read-only, nosuid, nodev, noexec, the atime ones). Other mounts of the file system stay.
    /// </summary>
    /// <exception cref="LinuxException">mount(2) failed; EINVAL: not a mount point.</exception>
    public static void RemountBind(string target, MountFlags flags)
        => Call(null, target, null, MountFlags.Remount | MountFlags.Bind | flags, null);

    /// <summary>Makes what is at <paramref name="source"/> appear at <paramref name="target"/> also (not what is mounted below it).</summary>
    /// <exception cref="LinuxException">mount(2) failed.</exception>
    public static void Bind(string source, string target)
        => Call(source, target, null, MountFlags.Bind, null);

    /// <summary>Stops mount events at this mount point from reaching its peers, and theirs from reaching it.</summary>
    /// <exception cref="LinuxException">mount(2) failed; EINVAL: not a mount point.</exception>
    public static void MakePrivate(string target)
        => Call(null, target, null, Private, null);

    /// <summary>Unmounts; a symbolic link is never followed.</summary>
    /// <param name="target">The mount point.</param>
    /// <param name="lazy">Detach it now and let the kernel finish once nobody uses it (MNT_DETACH).</param>
    /// <exception cref="LinuxException">umount2(2) failed; EINVAL: not a mount point, EBUSY: in use.</exception>
    public static void Unmount(string target, bool lazy)
        => Check.Zero(Libc.Unmount(target, UnmountFlags(lazy)), "umount2", target);

    internal static int UnmountFlags(bool lazy) => NoFollow | (lazy ? Detach : 0);

    private static void Call(string? source, string target, string? type, MountFlags flags, string? data)
        => Check.Zero(Libc.Mount(source, target, type, (nuint)flags, data), "mount", target);
}
