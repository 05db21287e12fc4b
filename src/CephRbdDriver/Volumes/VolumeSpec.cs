using CephRbd.Driver.Secrets;

namespace CephRbd.Driver.Volumes;

/// <summary>What a pod or PV asks for: one image, and how to prepare it.</summary>
internal sealed record VolumeSpec
{
    /// <summary>The file system used when none is asked for.</summary>
    public const string DefaultFsType = "ext4";

    /// <summary>The image's name.</summary>
    public required string Image { get; init; }

    /// <summary>The pool that holds the image's header.</summary>
    public required string Pool { get; init; }

    /// <summary>The RADOS namespace in the pool; null for the default one.</summary>
    public string? Namespace { get; init; }

    /// <summary>The cluster's name, which chooses its conf file; null for the default conf file.</summary>
    public string? Cluster { get; init; }

    /// <summary>The Ceph user without <c>client.</c>; null for the configured one.</summary>
    public string? User { get; init; }

    /// <summary>The key from the pod's Kubernetes Secret; null to use the host's keyring.</summary>
    public Secret? Key { get; init; }

    /// <summary>The size in bytes an image must have, or is created with; null when not asked for.</summary>
    public ulong? SizeBytes { get; init; }

    /// <summary>The file system.</summary>
    public string FsType { get; init; } = DefaultFsType;

    /// <summary>Whether the pod may only read.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The pool for a new image's data objects; null for <see cref="Pool"/>.</summary>
    public string? DataPool { get; init; }

    /// <summary>A new image's feature bits; null for the configured or the library's default.</summary>
    public ulong? ImageFeatures { get; init; }

    /// <summary>A new image's object size in bytes, a power of two from 4 KiB to 32 MiB; null for the default.</summary>
    public ulong? ObjectSizeBytes { get; init; }

    /// <summary>Further words for mkfs, already split. None holds a path.</summary>
    public IReadOnlyList<string> MkfsOptions { get; init; } = [];

    /// <summary>The options of the mount as written, unchecked; null for the configured ones.</summary>
    public string? MountOptions { get; init; }

    /// <summary>Who makes a block device of the image; null for the configured one.</summary>
    public MapperKind? Mapper { get; init; }

    /// <summary>The pod; null when kubelet told nothing about it.</summary>
    public PodIdentity? Pod { get; init; }

    /// <summary>The name of the PV or of the pod's volume. Not checked: escape it before using it in a file name.</summary>
    public string? VolumeName { get; init; }

    /// <summary>The image as Ceph's tools write it: <c>pool/image</c> or <c>pool/namespace/image</c>.</summary>
    public string ImageSpec => Namespace is null ? $"{Pool}/{Image}" : $"{Pool}/{Namespace}/{Image}";
}
