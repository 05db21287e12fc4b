namespace CephRbd.LabTests.Kernel;

/// <summary>The verbs that are not mount and unmount.</summary>
[Collection(GuestCollection.Name)]
public sealed class ChainTests(KernelLab lab)
{
    private readonly Guest _guest = new(lab);

    [Fact]
    public void The_attach_chain_works_as_kubelet_calls_it() => _guest.Run("attach-chain");

    [Fact]
    public void Calls_for_another_node_map_nothing() => _guest.Run("attach-elsewhere");

    [Fact]
    public void Init_tells_the_capabilities_without_a_cluster() => _guest.Run("init");

    [Fact]
    public void Status_lists_images_devices_mounts_and_pods() => _guest.Run("status");
}
