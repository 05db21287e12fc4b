using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Mapping;

public sealed class KernelModuleTests : IDisposable
{
    private readonly Deadline _deadline = new(TimeSpan.FromSeconds(30));

    private Steps Steps => new(_deadline, narrate: null);

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public void What_is_there_is_not_loaded()
    {
        Steps steps = Steps;
        Assert.Equal((true, ""), KernelModule.Load("none", () => true, steps));
        Assert.Empty(steps.Done);
    }

    [Fact]
    public void What_is_there_after_modprobe_is_ready_whatever_that_says()
    {
        int looks = 0;
        Assert.True(KernelModule.Load("cephrbd_no_such_module", () => looks++ > 0, Steps).Ready);
        Assert.Equal(2, looks);
    }

    [Fact]
    public void A_module_that_does_not_exist_is_told_with_modprobes_words()
    {
        (bool ready, string problem) = KernelModule.Load("cephrbd_no_such_module", () => false, Steps, "some=1");
        Assert.False(ready);
        Assert.StartsWith("the kernel's module cephrbd_no_such_module cannot be loaded (modprobe: 1: ", problem, StringComparison.Ordinal);
    }
}
