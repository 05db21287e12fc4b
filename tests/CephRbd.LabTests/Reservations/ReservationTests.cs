using CephRbd.LabTests.Driving;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Reservations;

/// <summary>An image has one writer, whatever node asks. The nodes are configs with other names on one machine.</summary>
public sealed class ReservationTests : DriverTest
{
    private const ulong Features = 61;
    private readonly PublishedDriver _n1;
    private readonly PublishedDriver _n2;

    public ReservationTests(LabFixture lab)
        : base(lab)
    {
        _n1 = NewDriver().With("nodeName", "n1");
        _n2 = NewDriver().With("nodeName", "n2");
    }

    [Fact]
    public void an_image_is_one_nodes_until_it_is_unmounted_there()
    {
        string image = Formatted();
        string first = _n1.NewMountDir();
        string second = _n2.NewMountDir();
        _n1.Succeed("mount", first, Volume.PodOptions(image));
        _n2.Fail(["mount", second, Volume.PodOptions(image)], "reserved for another writer", "node n1", "pod default/web-0", Spec(image));
        _n2.Fail(["attach", Volume.Options(image), "n2"], "reserved for another writer", "node n1");
        Assert.Empty(Mounted.At(second));
        _n1.Succeed("unmount", first);
        _n2.Succeed("mount", second, Volume.PodOptions(image));
        _n2.Succeed("unmount", second);
        Assert.Empty(Objects(image));
    }

    [Fact]
    public void another_pod_of_the_same_node_is_another_writer_and_the_same_pod_is_not()
    {
        string image = Formatted();
        string dir = _n1.NewMountDir("one");
        _n1.Succeed("mount", dir, Volume.PodOptions(image));
        _n1.Succeed("mount", dir, Volume.PodOptions(image));
        Mounted.UnmountBelow(_n1.Dir);
        _n1.Succeed("mount", dir, Volume.PodOptions(image));
        _n1.Fail(["mount", _n1.NewMountDir("two"), Volume.PodOptions(image, ("kubernetes.io/pod.uid", "another"))], "reserved for another writer", "node n1");
    }

    [Fact]
    public void readers_share_and_reserve_nothing()
    {
        string image = Formatted();
        _n1.Succeed("mount", _n1.NewMountDir(), Volume.PodOptions(image, Volume.ReadOnly));
        _n2.Succeed("mount", _n2.NewMountDir(), Volume.PodOptions(image, Volume.ReadOnly));
        Assert.Empty(Objects(image));
    }

    [Fact]
    public void whoever_has_the_image_open_keeps_writers_out_and_is_named()
    {
        string image = Formatted();
        using (var open = RbdImage.Open(Pool, image, readOnly: false))
        {
            Reply reply = _n1.Fail(["mount", _n1.NewMountDir(), Volume.PodOptions(image)], "is in use", $"client.{Cluster.InstanceId} at ", "by no mount of this driver");
            Assert.DoesNotContain("Left behind", reply.Message, StringComparison.Ordinal);
            Assert.Empty(Objects(image));
        }

        _n1.Succeed("mount", _n1.NewMountDir(), Volume.PodOptions(image));
    }

    [Fact]
    public void a_VM_that_runs_keeps_its_pod_and_nobody_else()
    {
        string image = Formatted();
        _n1.With("timeoutSeconds", 5).With("reservationSeconds", 1);
        string dir = _n1.NewMountDir();
        _n1.Succeed("mount", dir, Volume.PodOptions(image));
        using var vm = RbdImage.Open(Pool, image, readOnly: false);
        Thread.Sleep(TimeSpan.FromSeconds(16));
        _n2.Fail(["mount", _n2.NewMountDir(), Volume.PodOptions(image)], "is in use", "it was given to node n1, pod default/web-0", $"client.{Cluster.InstanceId}");
        Mounted.UnmountBelow(_n1.Dir);
        _n1.Succeed("mount", dir, Volume.PodOptions(image));
    }

    [Fact]
    public void a_mount_that_fails_gives_its_reservation_back()
    {
        string image = CreateImage(64 * MiB, Features);
        _n1.Fail(["mount", _n1.NewMountDir(), Volume.PodOptions(image, Volume.FsType("nosuch"))], "nosuch");
        Assert.Empty(Objects(image));
        _n2.Succeed("mount", _n2.NewMountDir(), Volume.PodOptions(image));
    }

    [Fact]
    public void a_reservation_whose_time_is_over_is_nobodys_with_the_exclusive_lock_and_a_doubt_without()
    {
        string locked = Formatted();
        string plain = Formatted(1);
        foreach (string image in (string[])[locked, plain])
        {
            _n1.With("timeoutSeconds", 5).With("reservationSeconds", 1);
            _n1.Succeed("mount", _n1.NewMountDir(image), Volume.PodOptions(image));
        }

        Thread.Sleep(TimeSpan.FromSeconds(16));
        _n2.Succeed("mount", _n2.NewMountDir(locked), Volume.PodOptions(locked));
        _n2.Fail(
            ["mount", _n2.NewMountDir(plain), Volume.PodOptions(plain)],
            "given to node n1", "lacks the feature exclusive-lock", $"cephrbd release {Spec(plain)}", $"rbd feature enable {Spec(plain)} exclusive-lock");

        // What was taken over stays taken over.
        Mounted.UnmountBelow(_n1.Dir);
        _n1.Fail(["mount", Path.Combine(_n1.Dir, "mounts", locked), Volume.PodOptions(locked)], "reserved for another writer", "node n2");
        _n1.Succeed("unmount", Path.Combine(_n1.Dir, "mounts", locked));
        Assert.Single(Objects(locked));
    }

    [Fact]
    public void an_unmount_succeeds_with_the_cluster_away_and_does_not_take_long()
    {
        string image = Formatted();
        string dir = _n1.NewMountDir();
        _n1.Succeed("mount", dir, Volume.PodOptions(image));
        _n1.With("confFile", _n1.WriteFile("nobody.conf", "[global]\nmon_host = 127.0.0.9:6789\nauth_client_required = cephx\n"));
        Reply reply = _n1.With("timeoutSeconds", 20).Succeed("unmount", dir);
        Assert.Empty(Mounted.At(dir));
        Assert.Contains("\"Warning\":\"the reservation was not given back, and ends by itself", File.ReadLines(_n1.LogFile).Last(), StringComparison.Ordinal);
        Assert.True(reply.Elapsed < Emulation.Limit(8), $"it took {reply.Elapsed}");
        _n2.Fail(["mount", _n2.NewMountDir(), Volume.PodOptions(image)], "reserved for another writer", "node n1");
    }

    [Fact]
    public void without_reservations_nothing_is_looked_at()
    {
        string image = Formatted();
        foreach (PublishedDriver node in (PublishedDriver[])[_n1, _n2])
        {
            node.With("reservationSeconds", 0).Succeed("mount", node.NewMountDir(), Volume.PodOptions(image));
        }

        Assert.Empty(Objects(image));
    }

    [Fact]
    public void of_two_nodes_that_mount_at_once_exactly_one_wins_two_hundred_times()
    {
        string image = Formatted();
        string[] dirs = [_n1.NewMountDir(), _n2.NewMountDir()];
        PublishedDriver[] nodes = [_n1, _n2];
        int[] wins = [0, 0];
        for (int round = 0; round < (Emulation.Folder is null ? 200 : 10); round++)
        {
            DriverProcess[] calls = [.. nodes.Select((node, i) => node.Start("mount", dirs[i], Volume.PodOptions(image, ("kubernetes.io/pod.uid", $"uid-{i}-{round}"))))];
            Reply[] replies = [.. calls.Select(call => call.Reply())];
            Array.ForEach(calls, call => call.Dispose());
            int winner = Array.FindIndex(replies, reply => reply.Status == "Success");
            Assert.True(replies.Count(reply => reply.Status == "Success") == 1, $"round {round}: {replies[0].Raw}{replies[1].Raw}");
            Assert.Contains("reserved for another writer", replies[1 - winner].Message, StringComparison.Ordinal);
            Assert.Empty(Mounted.At(dirs[1 - winner]));
            wins[winner]++;
            nodes[winner].Succeed("unmount", dirs[winner]);
        }

        Assert.Empty(Objects(image));
        TestContext.Current.TestOutputHelper?.WriteLine($"n1 won {wins[0]}, n2 {wins[1]}");
    }

    private string Formatted(ulong features = Features)
    {
        string image = CreateImage(64 * MiB, features);
        Driver.Succeed("attach", Volume.Options(image));
        return image;
    }

    private string[] Objects(string image)
    {
        string id = Info(image).GetProperty("id").GetString()!;
        return [.. Ceph("rados", "-p", "hyper", "ls").Split('\n').Where(name => name == "cephrbd.reservation." + id)];
    }
}
