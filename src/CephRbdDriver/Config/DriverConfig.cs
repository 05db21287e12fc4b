using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Config;

/// <summary>Who uses the image after mount.</summary>
internal enum RuntimeKind
{
    /// <summary>hyperd's virtual machine, by QEMU's librbd: mount leaves a tag file.</summary>
    Hyper,

    /// <summary>A container on the host: mount maps the image by the kernel and mounts it.</summary>
    Host,
}

/// <summary>The least severe event that is logged.</summary>
internal enum LogLevel
{
    /// <summary>Each step.</summary>
    Debug,

    /// <summary>Each call and its outcome.</summary>
    Information,

    /// <summary>What went wrong without failing the call.</summary>
    Warning,

    /// <summary>Failed calls.</summary>
    Error,
}

/// <summary>Where the tag file lies.</summary>
internal enum TagStorage
{
    /// <summary>In a tmpfs of its own on the mount dir: the key never reaches a disk.</summary>
    Tmpfs,

    /// <summary>In the mount dir itself, as the original driver did.</summary>
    Directory,
}

/// <summary>The settings of this host. Every one has a default.</summary>
internal sealed record DriverConfig
{
    /// <summary>Where the settings are read from.</summary>
    public const string DefaultPath = "/etc/cephrbd/config.json";

    private const string CephFolder = "/etc/ceph/";

    /// <summary>Who uses the images.</summary>
    public RuntimeKind Runtime { get; init; } = RuntimeKind.Hyper;

    /// <summary>The pool of volumes that name none.</summary>
    public string Pool { get; init; } = "hyper";

    /// <summary>The Ceph user, without <c>client.</c>, of volumes that name none.</summary>
    public string User { get; init; } = "admin";

    /// <summary>The conf file of volumes that name no cluster.</summary>
    public string ConfFile { get; init; } = "/etc/ceph/ceph.conf";

    /// <summary>The keyring of volumes that name no cluster; null for the user's file in <c>/etc/ceph</c>.</summary>
    public string? KeyringFile { get; init; }

    /// <summary>How long one call may take, in seconds, mkfs included.</summary>
    public int TimeoutSeconds { get; init; } = 60;

    /// <summary>
    /// How long an unmount waits at most for the cluster to take a reservation back: long enough for a slow one, and no
    /// pod's end is kept up for a whole call by one that is down.
    /// </summary>
    public TimeSpan ReleasePatience => TimeSpan.FromSeconds(Math.Max(5, TimeoutSeconds / 4));

    /// <summary>The log file.</summary>
    public string LogFile { get; init; } = "/var/log/cephrbd/cephrbd.log";

    /// <summary>The least severe event that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The size in bytes at which a new log file is begun.</summary>
    public long LogMaxBytes { get; init; } = 10L << 20;

    /// <summary>How many old log files are kept.</summary>
    public int LogFilesKept { get; init; } = 5;

    /// <summary>Where the tag file lies.</summary>
    public TagStorage TagStorage { get; init; } = TagStorage.Tmpfs;

    /// <summary>The folder for state that need not outlive a reboot.</summary>
    public string RunDir { get; init; } = "/run/cephrbd";

    /// <summary>The folder for the sparse files that mkfs writes into.</summary>
    public string ScratchDir { get; init; } = "/var/lib/cephrbd/scratch";

    /// <summary>The feature bits of new images; null for 61: layering, exclusive-lock, object-map, fast-diff, deep-flatten.</summary>
    public ulong? ImageFeatures { get; init; }

    /// <summary>The object size of new images in bytes; null for 4 MiB.</summary>
    public ulong? ObjectSize { get; init; }

    /// <summary>How many writes to an image run at the same time.</summary>
    public int WriteParallelism { get; init; } = 64;

    /// <summary>
    /// For how many seconds after its mount an image is kept for a VM that has not opened it yet; 0 for no reservations
    /// at all, and no look at who else uses an image.
    /// </summary>
    public int ReservationSeconds { get; init; } = 300;

    /// <summary>Whether kubelet is told to call attach and detach.</summary>
    public bool Attach { get; init; }

    /// <summary>Who makes block devices of images for volumes that don't say.</summary>
    public MapperKind Mapper { get; init; } = MapperKind.Auto;

    /// <summary>The options of the mount for volumes that name none, unchecked; null for none.</summary>
    public string? MountOptions { get; init; }

    /// <summary>This node's name as kubelet knows it; null for the host's name.</summary>
    public string? NodeName { get; init; }

    /// <summary>The folder below which each image in use is mounted once.</summary>
    public string StagingDir { get; init; } = "/var/lib/cephrbd/mounts";

    /// <summary>After how many seconds without an answer the kernel fails I/O of a mapped image; 0 for never.</summary>
    public int OsdRequestTimeoutSeconds { get; init; }

    /// <summary>Whether a device that is still open is taken away by force.</summary>
    public bool ForceUnmap { get; init; }

    /// <summary>Says which conf file describes a cluster.</summary>
    /// <param name="cluster">The cluster's checked name; null for the default one.</param>
    /// <returns>The file's path.</returns>
    public string ConfPathFor(string? cluster = null) => cluster is null ? ConfFile : $"{CephFolder}{cluster}.conf";

    /// <summary>Says which keyring holds a user's key.</summary>
    /// <param name="user">The user's checked name, without <c>client.</c>.</param>
    /// <param name="cluster">The cluster's checked name; null for the default one.</param>
    /// <returns>The file's path.</returns>
    public string KeyringPathFor(string user, string? cluster = null) =>
        cluster is null && KeyringFile is not null ? KeyringFile : $"{CephFolder}{cluster ?? "ceph"}.client.{user}.keyring";
}
