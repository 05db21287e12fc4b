using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Mounting;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Status;

/// <summary>A place that holds, or should hold, the tag of a volume for a VM.</summary>
/// <param name="Dir">The mount dir.</param>
/// <param name="Tag">The tag, with its key; null when there is no whole one.</param>
/// <param name="Record">The record beside it; null when there is none.</param>
internal sealed record SeenTag(string Dir, HyperTag? Tag, VolumeRecord.Contents? Record);

/// <summary>What a mounted file system answered when it was asked how full it is.</summary>
/// <param name="Use">How full it is; null when it did not tell.</param>
/// <param name="Error">Why it did not tell; null when it did.</param>
internal sealed record Answer(FileSystemUse? Use, string? Error);

/// <summary>A cluster that has a conf file on this node.</summary>
/// <param name="Name">Its name; null for the default one.</param>
/// <param name="Fsid">Its id, if the conf file tells it.</param>
internal sealed record KnownCluster(string? Name, string? Fsid);

/// <summary>All that was read of this node at one moment, not yet judged.</summary>
internal sealed record NodeState
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The runtime in force.</summary>
    public required RuntimeKind Runtime { get; init; }

    /// <summary>Below which folder stages are, as mountinfo shows it.</summary>
    public required string StagingDir { get; init; }

    /// <summary>Below which folder calls make mounts ready, as mountinfo shows it.</summary>
    public required string PrivateDir { get; init; }

    /// <summary>The clusters known here, the default one first.</summary>
    public IReadOnlyList<KnownCluster> Clusters { get; init; } = [];

    /// <summary>All mapped images.</summary>
    public IReadOnlyList<MappedImage> Devices { get; init; } = [];

    /// <summary>All mounts.</summary>
    public IReadOnlyList<MountEntry> Mounts { get; init; } = [];

    /// <summary>The numbers of devices with mounts that are no mapped image, but exist.</summary>
    public IReadOnlySet<(int Major, int Minor)> OtherDevices { get; init; } = new HashSet<(int, int)>();

    /// <summary>What mounts answered, by mount point; not every one is asked.</summary>
    public IReadOnlyDictionary<string, Answer> Answers { get; init; } = new Dictionary<string, Answer>();

    /// <summary>Who holds a device that is mounted nowhere here, by the device's node.</summary>
    public IReadOnlyDictionary<string, string> Holders { get; init; } = new Dictionary<string, string>();

    /// <summary>The names of the folders in <see cref="StagingDir"/>.</summary>
    public IReadOnlyList<string> StageFolders { get; init; } = [];

    /// <summary>The names of the stages that another call is about right now.</summary>
    public IReadOnlySet<string> Busy { get; init; } = new HashSet<string>();

    /// <summary>The tags of volumes for VMs.</summary>
    public IReadOnlyList<SeenTag> Tags { get; init; } = [];

    /// <summary>The attached volumes.</summary>
    public IReadOnlyList<AttachRecords.Record> Attached { get; init; } = [];

    /// <summary>Unmounts that could not be finished.</summary>
    public IReadOnlyList<(string Dir, string Stage)> Unfinished { get; init; } = [];

    /// <summary>What could not be read, and why.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];
}
