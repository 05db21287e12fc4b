using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Mounting;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Status;

/// <summary>Made-up nodes.</summary>
internal static class Node
{
    public const string Fsid = "0a1b2c3d-0000-4000-8000-00000000000a";
    public const string OtherFsid = "0a1b2c3d-0000-4000-8000-00000000000b";
    public const string Key = "AQBzZ2VoZWltZXJTY2hsdWVzc2VsMTIzNDU2Nzg5MA==";
    public const string Stage = "/stages/hyper~~vol1";

    public static NodeState Empty { get; } = new()
    {
        Node = "node1",
        Runtime = RuntimeKind.Host,
        StagingDir = "/stages",
        PrivateDir = "/run/cephrbd/stage",
        Clusters = [new KnownCluster(null, Fsid), new KnownCluster("second", OtherFsid)],
    };

    /// <summary>vol1, mapped as rbd0, on its stage and in one pod.</summary>
    public static NodeState Mounted { get; } = Empty with
    {
        Devices = [Device()],
        Mounts = Mounts($"1 0 252:0 / {Stage} rw - ext4 /dev/rbd0 rw", $"2 0 252:0 / {Pod("uid-a")} rw - ext4 /dev/rbd0 rw"),
        StageFolders = ["hyper~~vol1"],
        Answers = new Dictionary<string, Answer>
        {
            [Stage] = new(new FileSystemUse(TotalBytes: 1000 << 20, AvailableBytes: 600 << 20, UsedBytes: 200 << 20, Inodes: 65536, InodesFree: 65000), null),
        },
    };

    public static MappedImage Device(int id = 0, string image = "vol1", string? fsid = Fsid, MapperKind mapper = MapperKind.Krbd, bool readOnly = false) =>
        new(mapper, id, new ImageIdentity("hyper", null, image, null) { ClusterFsid = fsid, ImageId = "id-" + image }, mapper == MapperKind.Krbd ? 252u : 43u, (uint)id * 16, 1UL << 30, readOnly);

    public static IReadOnlyList<MountEntry> Mounts(params string[] lines) => [.. MountTable.Of(string.Join('\n', lines), _ => null).Entries];

    public static string Pod(string uid, string volume = "data") => $"/var/lib/kubelet/pods/{uid}/volumes/hyper~cephrbd/{volume}";

    public static SeenTag Tag(string dir, string volumeId = "vm1", string? cluster = null, bool readOnly = false) => new(
        dir,
        new HyperTag(volumeId, "hyper", "ext4", "kube", new Secret(Key), ["172.16.4.101:6789"]),
        new VolumeRecord.Contents("hyper/" + volumeId, cluster, readOnly, "data", new PodIdentity("web-0", "shop", "uid-v", null)));

    public static AttachRecords.Record Attached(string volume, string image = "vol1", string? cluster = null) =>
        new(volume, cluster, new ImageIdentity("hyper", null, image, null));

    public static ImageLook Look(params string[] watchers) => new(new ImageFacts("id-vol1", Fsid, 1UL << 30, 1, watchers), null);

    /// <summary>An image of which nobody can tell who has it open.</summary>
    public static ImageLook Untold(string why) => new(new ImageFacts("id-vol1", Fsid, 1UL << 30, 1, null) { WatchersUnknown = why }, null);

    /// <summary>The report as the command makes it, with what the cluster would say.</summary>
    public static StatusReport Report(NodeState state, Func<VolumeStatus, ImageLook?>? cluster = null)
    {
        VolumeStatus[] volumes = [.. VolumeList.Of(state).Select(volume => volume with { Look = volume.Look ?? cluster?.Invoke(volume) })];
        return new StatusReport(state.Node, state.Runtime, volumes, [.. Problems.OnNode(state, volumes), .. Problems.InCluster(volumes, new Writer(state.Node, "", null, null))]);
    }

    /// <summary>The kinds of what is not right on the node itself.</summary>
    public static IEnumerable<string> Kinds(NodeState state) => Problems.OnNode(state, VolumeList.Of(state)).Select(problem => problem.Kind);
}
