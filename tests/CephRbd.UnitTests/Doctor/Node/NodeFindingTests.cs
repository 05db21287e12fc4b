using CephRbd.Driver.Config;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Node;
using CephRbd.Driver.Status;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Doctor.Node;

public class NodeFindingTests
{
    private static readonly DriverConfig _hyper = new();
    private static readonly DriverConfig _host = new() { Runtime = RuntimeKind.Host };

    [Theory]
    [InlineData(0, "", false, null, FindingState.Ok)]
    [InlineData(1, "Failed to connect", false, null, FindingState.Warning)]
    [InlineData(1, "Failed to connect", true, "systemctl start systemd-udevd", FindingState.Failed)]
    [InlineData(null, "no answer within 3 s", true, "systemctl start systemd-udevd", FindingState.Failed)]
    [InlineData(0, "Running in chroot, ignoring request.", true, null, FindingState.Skipped)]
    public void udev_is_judged_by_its_answer_and_by_who_needs_it(int? exit, string words, bool needed, string? remedy, object state)
    {
        Finding found = UdevChecks.Judge(new UdevChecks.Ping(true, exit, words), null, needed ? "an OSD is on this node" : null);
        Assert.Equal((FindingState)state, found.State);
        if (remedy is not null)
        {
            Assert.StartsWith(remedy, found.Remedy, StringComparison.Ordinal);
            Assert.Contains("an OSD is on this node", found.Evidence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_udevd_that_is_stopped_is_told_to_go_on_and_one_that_is_missing_is_installed()
    {
        Finding stopped = UdevChecks.Judge(new UdevChecks.Ping(true, null, "no answer within 3 s"), FakeNode.Process("systemd-udevd", state: 'T', pid: 7), "x");
        Assert.Contains("pid 7, stopped by a signal", stopped.Evidence, StringComparison.Ordinal);
        Assert.StartsWith("kill -CONT 7;", stopped.Remedy, StringComparison.Ordinal);
        Assert.StartsWith("apt install udev; systemctl start systemd-udevd", UdevChecks.Judge(new UdevChecks.Ping(false, null, ""), null, "x").Remedy, StringComparison.Ordinal);
        Assert.StartsWith("systemctl restart", UdevChecks.Judge(new UdevChecks.Ping(true, 1, ""), FakeNode.Process("systemd-udevd"), "x").Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RuntimeKind.Hyper, "unix:///var/run/frakti.sock", "remote", FindingState.Ok)]
    [InlineData(RuntimeKind.Hyper, "/var/run/frakti.sock", null, FindingState.Ok)]
    [InlineData(RuntimeKind.Hyper, null, null, FindingState.Failed)]
    [InlineData(RuntimeKind.Hyper, "unix:///var/run/frakti.sock", "docker", FindingState.Failed)]
    [InlineData(RuntimeKind.Hyper, "unix:///run/containerd/containerd.sock", "remote", FindingState.Warning)]
    [InlineData(RuntimeKind.Host, "unix:///run/containerd/containerd.sock", "remote", FindingState.Ok)]
    [InlineData(RuntimeKind.Host, null, null, FindingState.Ok)]
    [InlineData(RuntimeKind.Host, "unix:///var/run/frakti.sock", "remote", FindingState.Warning)]
    public void kubelets_runtime_has_to_go_with_the_drivers(object runtime, string? endpoint, string? container, object state) => Assert.Equal(
        (FindingState)state,
        Assert.Single(KubeletChecks.Judge(new KubeletChecks.Seen("pid 1", false, 1, endpoint, container, true), new DriverConfig { Runtime = (RuntimeKind)runtime })).State);

    [Theory]
    [InlineData(true, true, FindingState.Warning)]
    [InlineData(true, false, FindingState.Ok)]
    [InlineData(false, true, FindingState.Ok)]
    [InlineData(false, false, FindingState.Ok)]
    public void attach_by_the_controller_leaves_images_mapped(bool attach, bool controller, object state)
    {
        Finding found = Assert.Single(KubeletChecks.Judge(new KubeletChecks.Seen("pid 1", false, 1, "unix:///run/c.sock", "remote", controller), _host with { Attach = attach }));
        Assert.Equal((FindingState)state, found.State);
        Assert.Equal(found.State == FindingState.Warning, found.Remedy?.Contains("--enable-controller-attach-detach=false", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void A_stopped_kubelet_is_not_a_running_one()
    {
        Finding found = Assert.Single(KubeletChecks.Judge(new KubeletChecks.Seen("pid 9, stopped by a signal", true, 9, null, null, true), _host));
        Assert.Equal((FindingState.Failed, "kill -CONT 9; or systemctl restart kubelet"), (found.State, found.Remedy));
    }

    [Fact]
    public void A_service_that_does_not_run_or_does_not_answer_has_failed()
    {
        Finding gone = HyperChecks.Judge("frakti", new HyperChecks.Service(null, "systemd has no unit frakti.service", "/s", Reach.Missing, "x"), null);
        Assert.Equal(FindingState.Failed, gone.State);
        Assert.Contains("systemd has no unit frakti.service", gone.Evidence, StringComparison.Ordinal);
        Finding deaf = HyperChecks.Judge("frakti", new HyperChecks.Service(FakeNode.Process("frakti"), null, "/run/frakti.sock", Reach.Missing, "there is no such socket"), null);
        Assert.Equal(FindingState.Failed, deaf.State);
        Assert.Contains("/run/frakti.sock: there is no such socket", deaf.Evidence, StringComparison.Ordinal);
        Finding stopped = HyperChecks.Judge("hyperd", new HyperChecks.Service(FakeNode.Process("hyperd", state: 'T'), null, "127.0.0.1:22318", Reach.Answered, "answers"), null);
        Assert.Contains("kill -CONT 42", stopped.Remedy, StringComparison.Ordinal);
        Assert.Equal(FindingState.Ok, HyperChecks.Judge("frakti", new HyperChecks.Service(FakeNode.Process("frakti"), null, "/s", Reach.Answered, "answers"), null).State);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("127.0.0.1:9999", true)]
    [InlineData("127.0.0.1:22318", false)]
    public void hyperd_without_its_gRPCHost_is_told_where_to_set_it(string? host, bool told)
    {
        Finding found = HyperChecks.Judge("hyperd", new HyperChecks.Service(FakeNode.Process("hyperd"), null, "127.0.0.1:22318", Reach.Refused, "refused"), host);
        Assert.Equal(FindingState.Failed, found.State);
        Assert.Equal(told, found.Remedy!.Contains("echo gRPCHost=127.0.0.1:22318 >> /etc/hyper/config", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Hypervisor=libvirt\n", null)]
    [InlineData("gRPCHost=\n", null)]
    [InlineData("#gRPCHost=1.2.3.4:5\n", null)]
    [InlineData("Kernel=/k\n gRPCHost = 127.0.0.1:22318\n", "127.0.0.1:22318")]
    public void gRPCHost_is_read_from_hyperds_config(string? text, string? host) => Assert.Equal(host, HyperChecks.GrpcHost(text));

    [Theory]
    [InlineData(1, 2, 3, FindingState.Ok, "")]
    [InlineData(2, 2, 2, FindingState.Ok, "")]
    [InlineData(3, 2, 4, FindingState.Warning, "frakti was started before hyperd")]
    [InlineData(1, 3, 2, FindingState.Warning, "kubelet was started before frakti")]
    [InlineData(5, 0, 2, FindingState.Warning, "kubelet was started before hyperd")]
    [InlineData(0, 3, 0, FindingState.Skipped, "")]
    public void Each_is_started_after_the_one_that_it_calls(int hyperd, int frakti, int kubelet, object state, string words)
    {
        Finding found = HyperChecks.JudgeOrder(At("hyperd", hyperd), At("frakti", frakti), At("kubelet", kubelet));
        Assert.Equal((FindingState)state, found.State);
        Assert.Contains(words, found.Evidence, StringComparison.Ordinal);
        Assert.Equal(words.Length > 0, found.Remedy?.StartsWith("systemctl restart hyperd && systemctl restart frakti && systemctl restart kubelet", StringComparison.Ordinal) == true);

        static NodeProcess? At(string name, int ticks) => ticks == 0 ? null : FakeNode.Process(name, ticks);
    }

    [Theory]
    [InlineData("", 0, FindingState.Skipped)]
    [InlineData("      Local time: Mon\nSystem clock synchronized: yes\n", 0, FindingState.Ok)]
    [InlineData(" NTP synchronized: yes\n", 0, FindingState.Ok)]
    [InlineData("NTP enabled: yes\nNTP synchronized: no\n", 0, FindingState.Warning)]
    [InlineData("System clock synchronized: no\n", 0, FindingState.Warning)]
    [InlineData("", 1, FindingState.Skipped)]
    public void The_clock_is_judged_in_the_words_of_old_and_new_systemd(string output, int exit, object state) =>
        Assert.Equal((FindingState)state, ClockChecks.Judge(exit, output, "").State);

    [Theory]
    [InlineData(50, 50, 0, false, FindingState.Ok)]
    [InlineData(96, 4, 0, false, FindingState.Warning)]
    [InlineData(99, 1, 0, false, FindingState.Failed)]
    [InlineData(50, 50, 100, false, FindingState.Failed)]
    [InlineData(50, 50, 96, false, FindingState.Warning)]
    [InlineData(86, 14, 0, true, FindingState.Warning)]
    [InlineData(86, 14, 0, false, FindingState.Ok)]
    [InlineData(95, 5, 0, true, FindingState.Failed)]
    public void A_disk_is_full_before_it_is_full(ulong used, ulong free, ulong inodes, bool osd, object state)
    {
        Finding found = Assert.Single(DiskChecks.Judge([(new DiskChecks.Place("/d", "kubelet", osd), new FileSystemUse(100 << 20, free << 20, used << 20, 100, 100 - inodes), false)]));
        Assert.Equal((FindingState)state, found.State);
        Assert.Equal(found.State != FindingState.Ok, found.Remedy is not null);
        Assert.Contains("/d (kubelet)", found.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_takes_no_writes_has_failed_and_a_file_system_without_sizes_is_passed_over()
    {
        Assert.Equal(FindingState.Failed, Assert.Single(DiskChecks.Judge([(new DiskChecks.Place("/d", "x"), new FileSystemUse(1, 1, 0, 1, 1), true)])).State);
        Assert.Equal(FindingState.Ok, Assert.Single(DiskChecks.Judge([(new DiskChecks.Place("/d", "x"), default(FileSystemUse), false)])).State);
    }

    [Theory]
    [InlineData(null, FindingState.Ok)]
    [InlineData(10UL << 20, FindingState.Ok)]
    [InlineData(25UL << 20, FindingState.Warning)]
    public void A_log_far_over_its_size_is_one_that_nobody_can_rotate(ulong? bytes, object state) =>
        Assert.Equal((FindingState)state, LogChecks.Judge(_hyper, bytes).State);

    [Fact]
    public void Each_thing_left_over_is_a_finding_and_what_loses_writes_has_failed()
    {
        IReadOnlyList<Finding> found = LeftoverChecks.Judge(
            [new Problem(Problems.CorruptMount, "hyper/a", "gone"), new Problem(Problems.UnusedMapping, "hyper/b", "/dev/rbd0 is mapped. If nobody needs it: rbd unmap /dev/rbd0"), new Problem(Problems.LeftFolder, null, "left")], 3);
        Assert.Equal([FindingState.Failed, FindingState.Warning, FindingState.Warning], found.Select(one => one.State));
        Assert.Equal(["hyper/a: gone", "hyper/b: /dev/rbd0 is mapped", "left"], found.Select(one => one.Evidence));
        Assert.Equal("If nobody needs it: rbd unmap /dev/rbd0", found[1].Remedy);
        Assert.All(found, one => Assert.NotNull(one.Remedy));
        Assert.Equal("1 volume on this node, and nothing left over", Assert.Single(LeftoverChecks.Judge([], 1)).Evidence);
    }

    [Theory]
    [InlineData(RuntimeKind.Hyper, "mkfs.ext4", null, FindingState.Ok)]
    [InlineData(RuntimeKind.Hyper, "", null, FindingState.Failed)]
    [InlineData(RuntimeKind.Host, "mkfs.ext4", null, FindingState.Failed)]
    [InlineData(RuntimeKind.Host, "mkfs.ext4 e2fsck resize2fs", null, FindingState.Ok)]
    [InlineData(RuntimeKind.Hyper, "mkfs.ext4", "librbd 0.1.10", FindingState.Warning)]
    [InlineData(RuntimeKind.Hyper, "mkfs.ext4 rbd", "librbd 0.1.10", FindingState.Ok)]
    public void Programs_are_judged_by_what_the_runtime_needs(object runtime, string there, string? librbd, object state)
    {
        Finding found = ToolChecks.Judge((RuntimeKind)runtime, there.Split(' ').Contains, librbd);
        Assert.Equal((FindingState)state, found.State);
        Assert.Equal(found.State != FindingState.Ok, found.Remedy?.StartsWith("apt install ", StringComparison.Ordinal) == true);
    }
}
