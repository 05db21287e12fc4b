namespace CephRbd.Native.Linux;

/// <summary>Flags of mount(2) (linux/mount.h), the same on every architecture.</summary>
[Flags]
public enum MountFlags
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>MS_RDONLY: "ro".</summary>
    ReadOnly = 1,

    /// <summary>MS_NOSUID: "nosuid".</summary>
    NoSuid = 2,

    /// <summary>MS_NODEV: "nodev".</summary>
    NoDev = 4,

    /// <summary>MS_NOEXEC: "noexec".</summary>
    NoExec = 8,

    /// <summary>MS_SYNCHRONOUS: "sync".</summary>
    Synchronous = 16,

    /// <summary>MS_REMOUNT: changes a mount that is there.</summary>
    Remount = 32,

    /// <summary>MS_MANDLOCK: "mand"; without effect since Linux 5.15.</summary>
    MandLock = 64,

    /// <summary>MS_DIRSYNC: "dirsync".</summary>
    DirSync = 128,

    /// <summary>MS_NOSYMFOLLOW: "nosymfollow"; Linux 5.10, older ones ignore it.</summary>
    NoSymFollow = 256,

    /// <summary>MS_NOATIME: "noatime".</summary>
    NoAtime = 1024,

    /// <summary>MS_NODIRATIME: "nodiratime".</summary>
    NoDirAtime = 2048,

    /// <summary>MS_BIND: a second place for a directory; with <see cref="Remount"/>, flags of one mount point only.</summary>
    Bind = 4096,

    /// <summary>MS_SILENT: "silent", no complaints in the kernel's log.</summary>
    Silent = 32768,

    /// <summary>MS_POSIXACL.</summary>
    PosixAcl = 1 << 16,

    /// <summary>MS_RELATIME: "relatime", the kernel's default.</summary>
    RelAtime = 1 << 21,

    /// <summary>MS_I_VERSION: "iversion".</summary>
    IVersion = 1 << 23,

    /// <summary>MS_STRICTATIME: "strictatime".</summary>
    StrictAtime = 1 << 24,

    /// <summary>MS_LAZYTIME: "lazytime"; Linux 4.0.</summary>
    LazyTime = 1 << 25,
}
