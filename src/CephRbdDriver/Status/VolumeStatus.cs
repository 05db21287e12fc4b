using CephRbd.Driver.Config;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Status;

/// <summary>A pod that has a volume.</summary>
/// <param name="Uid">The pod's UID; null when neither path nor record tells it.</param>
/// <param name="Namespace">The pod's Kubernetes namespace; known of VMs only.</param>
/// <param name="Name">The pod's name; known of VMs only.</param>
/// <param name="Volume">The volume's name.</param>
/// <param name="Path">Where it is mounted, or where its tag is.</param>
/// <param name="ReadOnly">Whether the pod may only read.</param>
internal sealed record PodUse(string? Uid, string? Namespace, string? Name, string? Volume, string Path, bool ReadOnly);

/// <summary>One volume of this node.</summary>
internal sealed record VolumeStatus
{
    /// <summary>Who uses it: containers by a device (host), or VMs by QEMU's librbd (hyper).</summary>
    public required RuntimeKind Runtime { get; init; }

    /// <summary>The image; null when nothing tells which it was.</summary>
    public ImageIdentity? Image { get; init; }

    /// <summary>The cluster's name; null for the default one.</summary>
    public string? Cluster { get; init; }

    /// <summary>Who maps it; null when it is not mapped.</summary>
    public MapperKind? Mapper { get; init; }

    /// <summary>The device's node; null when there is none.</summary>
    public string? Device { get; init; }

    /// <summary>Whether it can only be read on this node.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The device's size, or the image's where it has no device; null when nobody told it.</summary>
    public ulong? SizeBytes { get; init; }

    /// <summary>The file system's type; null when it is not mounted.</summary>
    public string? FsType { get; init; }

    /// <summary>How full the file system is; null when that can't be seen from here, as with VMs.</summary>
    public FileSystemUse? Use { get; init; }

    /// <summary>Where the image is mounted once for all pods; null when it is not.</summary>
    public string? Stage { get; init; }

    /// <summary>The pods.</summary>
    public IReadOnlyList<PodUse> Pods { get; init; } = [];

    /// <summary>Other places where it is mounted.</summary>
    public IReadOnlyList<string> OtherMounts { get; init; } = [];

    /// <summary>The names of its attached volumes.</summary>
    public IReadOnlyList<string> Attached { get; init; } = [];

    /// <summary>Who holds the device though it is mounted nowhere here; null when nobody does.</summary>
    public string? HeldBy { get; init; }

    /// <summary>What the cluster said; null when it was not asked.</summary>
    public ImageLook? Look { get; init; }

    /// <summary>How to ask the cluster about it, perhaps with a key in it: never shown. Null when it can't be asked.</summary>
    public VolumeSpec? Ask { get; init; }

    /// <summary>The image as people know it.</summary>
    public string ImageName => Image?.ImageSpec ?? "(unknown image)";

    /// <summary>Whether it is mounted anywhere.</summary>
    public bool IsMounted => Stage is not null || Pods.Count > 0 || OtherMounts.Count > 0;
}

/// <summary>Something that is not right.</summary>
/// <param name="Kind">Which kind of thing, for programs; see <see cref="Problems"/>.</param>
/// <param name="Image">The image; null when it is not about one.</param>
/// <param name="Text">What it is and what to do, for people.</param>
internal sealed record Problem(string Kind, string? Image, string Text);

/// <summary>What is said of this node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Runtime">The runtime in force.</param>
/// <param name="Volumes">The volumes of both runtimes.</param>
/// <param name="Problems">What is not right.</param>
internal sealed record StatusReport(
    string Node, RuntimeKind Runtime, IReadOnlyList<VolumeStatus> Volumes, IReadOnlyList<Problem> Problems);
