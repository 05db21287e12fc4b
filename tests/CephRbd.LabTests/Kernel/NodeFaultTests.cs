namespace CephRbd.LabTests.Kernel;

/// <summary>Faults of the node under ordinary containers: kubelet killed at any moment, the clock, a stop without warning.</summary>
[Collection(SecondGuestCollection.Name)]
public sealed class NodeFaultTests(KernelLab lab)
{
    private readonly Guest _guest = new(lab);

    [Fact]
    public void Calls_killed_and_repeated_in_any_order_leave_nothing() => _guest.Run("schedule");

    [Fact]
    public void A_clock_that_jumps_disturbs_no_call_and_no_deadline() => _guest.Run("clock");

    [Fact]
    public void A_node_that_stopped_with_volumes_mounted_gets_them_again_at_once() => _guest.Run("reboot-hard", boots: 2);
}
