using CephRbd.Driver.Host;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Status;

public class ProblemsTests
{
    [Fact]
    public void A_mounted_volume_an_attached_one_and_a_tag_are_no_problem() => Assert.Empty(Node.Kinds(Node.Mounted with
    {
        Devices = [Node.Device(), Node.Device(1, "vol2")],
        Attached = [Node.Attached("pv2", "vol2")],
        Tags = [Node.Tag("/mnt/x")],
    }));

    [Theory]
    [InlineData(MapperKind.Krbd, "rbd unmap /dev/rbd3")]
    [InlineData(MapperKind.Nbd, "rbd-nbd unmap /dev/nbd3")]
    public void A_mapping_that_nobody_uses_is_told_with_the_way_to_end_it(object mapper, string remedy)
    {
        NodeState state = Node.Empty with { Devices = [Node.Device(3, mapper: (MapperKind)mapper)] };
        Problem problem = Assert.Single(Problems.OnNode(state, VolumeList.Of(state)));
        Assert.Equal((Problems.UnusedMapping, "hyper/vol1"), (problem.Kind, problem.Image));
        Assert.Contains(remedy, problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapping_that_a_call_is_about_or_somebody_holds_is_no_problem()
    {
        NodeState state = Node.Empty with { Devices = [Node.Device()], StageFolders = ["hyper~~vol1"] };
        Assert.Empty(Node.Kinds(state with { Busy = new HashSet<string> { "hyper~~vol1" } }));
        Assert.Empty(Node.Kinds(state with { Holders = new Dictionary<string, string> { ["/dev/rbd0"] = "the device dm-0 is built on it" } }));
    }

    [Fact]
    public void A_stage_without_pods_is_one_unless_its_volume_is_attached()
    {
        NodeState state = Node.Mounted with { Mounts = [Node.Mounted.Mounts[0]] };
        Assert.Equal([Problems.StageWithoutPods], Node.Kinds(state));
        Assert.Empty(Node.Kinds(state with { Attached = [Node.Attached("pv1")] }));
    }

    [Fact]
    public void A_mount_whose_device_is_gone_is_one_at_each_place() =>
        Assert.Equal([Problems.CorruptMount, Problems.CorruptMount], Node.Kinds(Node.Mounted with { Devices = [] }));

    [Fact]
    public void A_stage_on_another_images_device_is_corrupt()
    {
        NodeState state = Node.Mounted with { Devices = [Node.Device(image: "vol9")] };
        Problem problem = Problems.OnNode(state, VolumeList.Of(state))[0];
        Assert.Equal((Problems.CorruptMount, "hyper/vol1"), (problem.Kind, problem.Image));
        Assert.Contains("hyper/vol9", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_system_that_answers_with_an_error_is_corrupt() => Assert.Equal(
        [Problems.CorruptMount],
        Node.Kinds(Node.Mounted with { Answers = new Dictionary<string, Answer> { [Node.Stage] = new(null, "statfs: EIO") } }));

    [Fact]
    public void A_file_system_that_turned_read_only_is_one_and_one_mounted_so_is_not()
    {
        IReadOnlyList<MountEntry> turned = Node.Mounts($"1 0 252:0 / {Node.Stage} rw - ext4 /dev/rbd0 ro", $"2 0 252:0 / {Node.Pod("a")} rw - ext4 /dev/rbd0 ro");
        IReadOnlyList<MountEntry> asked = Node.Mounts($"1 0 252:0 / {Node.Stage} ro - ext4 /dev/rbd0 ro", $"2 0 252:0 / {Node.Pod("a")} ro - ext4 /dev/rbd0 ro");
        Assert.Equal([Problems.TurnedReadOnly], Node.Kinds(Node.Mounted with { Mounts = turned }));
        Assert.Empty(Node.Kinds(Node.Mounted with { Mounts = asked }));
        Assert.Empty(Node.Kinds(Node.Mounted with { Mounts = turned, Devices = [Node.Device(readOnly: true)] }));
    }

    [Fact]
    public void A_place_without_its_tag_an_unfinished_unmount_and_a_left_folder_are_each_one()
    {
        NodeState state = Node.Empty with
        {
            Tags = [new SeenTag("/mnt/x", null, null)],
            Unfinished = [("/mnt/gone", "hyper~~vol1")],
            StageFolders = ["hyper~~vol1", "hyper~~vol2"],
            Unreadable = ["the notes can't be read"],
        };
        IReadOnlyList<Problem> problems = Problems.OnNode(state, VolumeList.Of(state));
        Assert.Equal(
            [(Problems.Unreadable, null), (Problems.UnfinishedUnmount, "hyper/vol1"), (Problems.TagMissing, null), (Problems.LeftFolder, "hyper/vol2")],
            problems.Select(problem => (problem.Kind, problem.Image)));
        Assert.Contains("cephrbd unmount /mnt/gone", problems[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attached_volume_whose_mapping_is_gone_is_one()
    {
        NodeState state = Node.Empty with { Attached = [Node.Attached("pv1")] };
        Problem problem = Assert.Single(Problems.OnNode(state, VolumeList.Of(state)));
        Assert.Equal(Problems.AttachedNotMapped, problem.Kind);
        Assert.Contains("cephrbd detach pv1", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_that_does_not_answer_is_one_problem_for_all_its_images()
    {
        NodeState state = Node.Empty with { Tags = [Node.Tag("/a", "vm1"), Node.Tag("/b", "vm2")] };
        Problem problem = Assert.Single(Node.Report(state, _ => new ImageLook(null, "no monitor answered")).Problems);
        Assert.Equal((Problems.NoAnswer, null, "no monitor answered (2 images)"), (problem.Kind, problem.Image, problem.Text));
    }

    [Fact]
    public void An_image_that_is_gone_or_another_one_now_is_one()
    {
        Assert.Equal([Problems.ImageGone], Node.Report(Node.Mounted, _ => new ImageLook(null, null)).Problems.Select(problem => problem.Kind));
        ImageLook anew = new(new ImageFacts("another-id", Node.Fsid, 1, 1, null), null);
        Assert.Equal([Problems.ImageGone], Node.Report(Node.Mounted, _ => anew).Problems.Select(problem => problem.Kind));
    }

    [Fact]
    public void More_clients_than_this_nodes_are_one_where_the_image_is_written()
    {
        ImageLook two = Node.Look("client.1 at 10.0.0.1:0/1", "client.2 at 10.0.0.2:0/2");
        Problem problem = Assert.Single(Node.Report(Node.Mounted, _ => two).Problems);
        Assert.Equal(Problems.OtherWatchers, problem.Kind);
        Assert.Contains("10.0.0.2", problem.Text, StringComparison.Ordinal);
        Assert.Empty(Node.Report(Node.Mounted, _ => Node.Look("client.1 at 10.0.0.1:0/1")).Problems);
        Assert.Empty(Node.Report(Node.Mounted with { Devices = [Node.Device(readOnly: true)] }, _ => two).Problems);
    }
}
