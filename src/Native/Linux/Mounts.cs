namespace CephRbd.Native.Linux;

/// <summary>mount(2) and umount2(2). All need CAP_SYS_ADMIN in the mount namespace.</summary>
public static class Mounts
{
    private const nuint NoSuid = 2;
    private const nuint NoDev = 4;
    private const nuint NoExec = 8;
    private const nuint BindFlag = 4096;
    private const nuint Private = 1 << 18;
    private const int Detach = 2;
    private const int NoFollow = 8;

    /// <summary>Mounts a new tmpfs (nosuid, nodev, noexec) on a directory.</summary>
    /// <param name="target">The directory.</param>
    /// <param name="source">The name that mountinfo shows as the source.</param>
    /// <param name="options">tmpfs options, as in "size=64k,mode=0700".</param>
    /// <exception cref="LinuxException">mount(2) failed.</exception>
    public static void MountTmpfs(string target, string source, string options)
        => Check.Zero(Libc.Mount(source, target, "tmpfs", NoSuid | NoDev | NoExec, options), "mount", target);

    /// <summary>Makes what is at <paramref name="source"/> appear at <paramref name="target"/> also (not what is mounted below it).</summary>
    /// <exception cref="LinuxException">mount(2) failed.</exception>
    public static void Bind(string source, string target)
        => Check.Zero(Libc.Mount(source, target, null, BindFlag, null), "mount", target);

    /// <summary>Stops mount events at this mount point from reaching its peers, and theirs from reaching it.</summary>
    /// <exception cref="LinuxException">mount(2) failed; EINVAL: not a mount point.</exception>
    public static void MakePrivate(string target)
        => Check.Zero(Libc.Mount(null, target, null, Private, null), "mount", target);

    /// <summary>Unmounts; a symbolic link is never followed.</summary>
    /// <param name="target">The mount point.</param>
    /// <param name="lazy">Detach it now and let the kernel finish once nobody uses it (MNT_DETACH).</param>
    /// <exception cref="LinuxException">umount2(2) failed; EINVAL: not a mount point, EBUSY: in use.</exception>
    public static void Unmount(string target, bool lazy)
        => Check.Zero(Libc.Unmount(target, NoFollow | (lazy ? Detach : 0)), "umount2", target);
}
