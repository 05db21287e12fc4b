using CephRbd.Driver.Config;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Status;

public class VolumeListTests
{
    [Fact]
    public void An_empty_node_has_no_volume() => Assert.Empty(VolumeList.Of(Node.Empty));

    [Fact]
    public void A_mapped_image_has_its_device_stage_pod_and_use()
    {
        VolumeStatus volume = Assert.Single(VolumeList.Of(Node.Mounted));
        Assert.Equal(
            (RuntimeKind.Host, "hyper/vol1", "/dev/rbd0", MapperKind.Krbd, Node.Stage, "ext4", 1UL << 30, 200UL << 20),
            (volume.Runtime, volume.ImageName, volume.Device, volume.Mapper, volume.Stage, volume.FsType, volume.SizeBytes, volume.Use?.UsedBytes));
        PodUse pod = Assert.Single(volume.Pods);
        Assert.Equal(("uid-a", "data", Node.Pod("uid-a"), false), (pod.Uid, pod.Volume, pod.Path, pod.ReadOnly));
        Assert.Empty(volume.OtherMounts);
    }

    [Fact]
    public void Each_pod_is_told_with_its_own_access()
    {
        VolumeStatus volume = VolumeList.Of(Node.Mounted with
        {
            Mounts = Node.Mounts($"1 0 252:0 / {Node.Stage} rw - ext4 /dev/rbd0 rw", $"2 0 252:0 / {Node.Pod("a")} rw - ext4 /dev/rbd0 rw", $"3 0 252:0 / {Node.Pod("b")} ro - ext4 /dev/rbd0 rw"),
        })[0];
        Assert.Equal([("a", false), ("b", true)], volume.Pods.Select(pod => (pod.Uid, pod.ReadOnly)));
    }

    [Fact]
    public void What_a_call_is_making_ready_counts_as_no_mount()
    {
        VolumeStatus volume = VolumeList.Of(Node.Empty with { Devices = [Node.Device()], Mounts = Node.Mounts("1 0 252:0 / /run/cephrbd/stage/77-1 rw - ext4 /dev/rbd0 rw") })[0];
        Assert.False(volume.IsMounted);
    }

    [Fact]
    public void With_attach_kubelets_own_mount_is_the_stage()
    {
        const string Place = "/var/lib/kubelet/plugins/kubernetes.io/flexvolume/hyper/cephrbd/mounts/pv1";
        VolumeStatus volume = VolumeList.Of(Node.Empty with
        {
            Devices = [Node.Device()],
            Mounts = Node.Mounts($"1 0 252:0 / {Place} rw - xfs /dev/rbd0 rw", "2 0 252:0 / /mnt rw - xfs /dev/rbd0 rw"),
            Attached = [Node.Attached("pv1"), Node.Attached("other", "vol2")],
        }).Single(volume => volume.Device is not null);
        Assert.Equal((Place, "/mnt", "pv1"), (volume.Stage, volume.OtherMounts.Single(), volume.Attached.Single()));
    }

    [Fact]
    public void The_cluster_is_found_by_its_id_and_by_the_name_of_the_stage()
    {
        IReadOnlyList<VolumeStatus> volumes = VolumeList.Of(Node.Empty with
        {
            Devices = [Node.Device(0), Node.Device(1, "vol2", Node.OtherFsid), Node.Device(2, "vol3", fsid: null)],
            Mounts = Node.Mounts("1 0 252:32 / /stages/hyper~~vol3~third rw - ext4 /dev/rbd2 rw"),
        });
        Assert.Equal([null, "second", "third"], volumes.Select(volume => volume.Cluster));
        Assert.Equal([null, "second", "third"], volumes.Select(volume => volume.Ask!.Cluster));
    }

    [Fact]
    public void An_image_of_a_cluster_without_a_conf_is_not_asked_about()
    {
        VolumeStatus volume = VolumeList.Of(Node.Empty with { Devices = [Node.Device(fsid: "ffffffff-0000-4000-8000-000000000000")] })[0];
        Assert.Null(volume.Ask);
        Assert.Contains("ffffffff-", volume.Look!.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_pods_with_tags_of_one_image_are_one_volume()
    {
        VolumeStatus volume = Assert.Single(VolumeList.Of(Node.Empty with { Tags = [Node.Tag(Node.Pod("a"), "ns/vm1", readOnly: true), Node.Tag("/mnt/by-hand", "ns/vm1", readOnly: true)] }));
        Assert.Equal((RuntimeKind.Hyper, "hyper/ns/vm1", "ns", true), (volume.Runtime, volume.ImageName, volume.Image!.Namespace, volume.ReadOnly));
        Assert.Equal([("a", "shop", "web-0"), ("uid-v", "shop", "web-0")], volume.Pods.Select(pod => (pod.Uid, pod.Namespace, pod.Name)));
        Assert.Equal(("vm1", "ns", "kube", Node.Key), (volume.Ask!.Image, volume.Ask.Namespace, volume.Ask.User, volume.Ask.Key!.Reveal()));
    }

    [Fact]
    public void A_mount_without_its_device_is_a_volume_that_is_gone()
    {
        VolumeStatus volume = Assert.Single(VolumeList.Of(Node.Mounted with { Devices = [] }));
        Assert.Equal(("hyper/vol1", "/dev/rbd0", null), (volume.ImageName, volume.Device, volume.Mapper));
    }

    [Fact]
    public void Mounts_of_devices_that_are_no_images_are_no_volumes() => Assert.Empty(VolumeList.Of(Node.Empty with
    {
        Mounts = Node.Mounts("1 0 252:1 / /mnt rw - ext4 /dev/rbd0p1 rw", "2 0 8:1 / / rw - ext4 /dev/sda1 rw"),
        OtherDevices = new HashSet<(int, int)> { (252, 1) },
    }));

    [Theory]
    [InlineData("/var/lib/kubelet/pods/u-1/volumes/hyper~cephrbd/data", "u-1", "data")]
    [InlineData("/other/root/pods/u-1/volumes/vendor~name/a b", "u-1", "a b")]
    [InlineData("/var/lib/kubelet/pods/u-1/volume-subpaths/data/c/0", null, null)]
    [InlineData("/var/lib/kubelet/pods/u-1/volumes/kubernetes.io/data", null, null)]
    [InlineData("/stages/hyper~~vol1", null, null)]
    public void Kubelets_paths_tell_the_pod(string path, string? uid, string? volume)
    {
        (string Uid, string Volume)? pod = VolumeList.PodOf(path);
        Assert.Equal((uid, volume), (pod?.Uid, pod?.Volume));
    }
}
