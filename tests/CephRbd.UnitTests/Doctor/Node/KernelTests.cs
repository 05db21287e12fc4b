using CephRbd.Driver.Config;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Node;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Doctor.Node;

public sealed class KernelTests : IDisposable
{
    private readonly FakeNode _node = new();

    [Theory]
    [InlineData("kernel/drivers/block/rbd.ko: kernel/net/ceph/libceph.ko\n", true)]
    [InlineData("kernel/fs/x.ko:\nkernel/drivers/block/rbd.ko.xz: a\n", true)]
    [InlineData("kernel/drivers/block/rbd.ko.zst\n", true)]
    [InlineData("kernel/drivers/block/drbd.ko:\n", false)]
    [InlineData("kernel/x.ko: kernel/drivers/block/rbd.ko\n", false)]
    [InlineData(null, false)]
    public void A_module_is_found_in_the_kernels_lists(string? list, bool found) => Assert.Equal(found, KernelChecks.IsListed(list, "rbd"));

    [Theory]
    [InlineData("4.4.131-20190505.kylin.server-generic", 4, 4)]
    [InlineData("6.1.0-18-arm64", 6, 1)]
    [InlineData("5.10", 5, 10)]
    [InlineData("", 0, 0)]
    public void A_release_begins_with_its_version(string release, int major, int minor) => Assert.Equal(new Version(major, minor), KernelChecks.VersionOf(release));

    [Theory]
    [InlineData("auto", "loaded", "absent", false, 61, FindingState.Ok)]
    [InlineData("auto", "loadable", "absent", false, 1, FindingState.Warning)]
    [InlineData("auto", "loaded", "loadable", true, 1, FindingState.Ok)]
    [InlineData("auto", "absent", "loaded", true, 0, FindingState.Ok)]
    [InlineData("auto", "absent", "loaded", false, 0, FindingState.Failed)]
    [InlineData("krbd", "absent", "loaded", true, 0, FindingState.Failed)]
    [InlineData("krbd", "loaded", "loaded", true, 1, FindingState.Warning)]
    [InlineData("nbd", "loaded", "loaded", false, 61, FindingState.Failed)]
    [InlineData("nbd", "absent", "loaded", true, 0, FindingState.Ok)]
    public void Somebody_has_to_be_able_to_map(string mapper, string rbd, string nbd, bool program, ulong supported, object state)
    {
        Finding found = KernelChecks.Judge(
            new KernelChecks.Seen("4.4.131-generic", Enum.Parse<KernelChecks.Module>(rbd, true), Enum.Parse<KernelChecks.Module>(nbd, true), program, supported),
            new DriverConfig { Runtime = RuntimeKind.Host, Mapper = Enum.Parse<MapperKind>(mapper, true) });
        Assert.Equal((FindingState)state, found.State);
        Assert.Equal(found.State is FindingState.Failed or FindingState.Warning, found.Remedy is not null);
        Assert.Contains("Linux 4.4.131-generic", found.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_that_the_config_gives_and_the_kernel_lacks_have_failed()
    {
        Finding found = KernelChecks.Judge(
            new KernelChecks.Seen("4.4.0", KernelChecks.Module.Loaded, KernelChecks.Module.Absent, false, 1),
            new DriverConfig { Runtime = RuntimeKind.Host, ImageFeatures = 5 });
        Assert.Equal(FindingState.Failed, found.State);
        Assert.Contains("gives new images exclusive-lock, too", found.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_the_kernel_does_not_take_is_made_fit_by_a_command()
    {
        Finding found = KernelChecks.Judge(
            new KernelChecks.Seen("4.9.0", KernelChecks.Module.Loaded, KernelChecks.Module.Absent, false, 5), new DriverConfig { Runtime = RuntimeKind.Host });
        Assert.Contains("rbd feature disable POOL/IMAGE deep-flatten,fast-diff,object-map", found.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_node_is_asked_and_runtime_hyper_is_not()
    {
        _node.With("/proc/sys/kernel/osrelease", "4.4.131-generic\n").With("/lib/modules/4.4.131-generic/modules.dep", "kernel/drivers/block/rbd.ko: \n");
        Finding host = Assert.Single(new KernelChecks(_node.View(RuntimeKind.Host)).Kernel.Look(new Deadline(TimeSpan.FromSeconds(5))));
        Assert.Equal(FindingState.Warning, host.State);
        Assert.Contains("rbd is not loaded, the driver loads it, nbd is not to be had", host.Evidence, StringComparison.Ordinal);
        _node.With("/sys/bus/rbd/supported_features", "0x1ff\n");
        Assert.Equal(FindingState.Ok, Assert.Single(new KernelChecks(_node.View(RuntimeKind.Host)).Kernel.Look(new Deadline(TimeSpan.FromSeconds(5)))).State);
        Assert.Equal(FindingState.Skipped, Assert.Single(new KernelChecks(_node.View()).Kernel.Look(new Deadline(TimeSpan.FromSeconds(5)))).State);
    }

    public void Dispose() => _node.Dispose();
}
