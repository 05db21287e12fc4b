namespace CephRbd.LabTests.Kernel;

/// <summary>How an image becomes a device, and who keeps it.</summary>
[Collection(SecondGuestCollection.Name)]
public sealed class DeviceTests(KernelLab lab)
{
    private readonly Guest _guest = new(lab);

    [Fact]
    public void An_unmount_names_the_holder_in_another_mount_namespace() => _guest.Run("holder-namespace");

    [Fact]
    public void An_unmount_names_who_has_the_device_or_the_mount_open() => _guest.Run("holder-device");

    [Fact]
    public void A_holder_that_soon_lets_go_is_waited_for() => _guest.Run("holder-passing");

    [Fact]
    public void A_feature_the_kernel_lacks_is_named_with_the_line_that_disables_it() => _guest.Run("features-krbd");

    [Fact]
    public void An_image_the_kernel_cannot_map_is_mapped_by_rbd_nbd() => _guest.Run("features-auto");

    [Fact]
    public void An_nbd_device_is_shared_and_found_again_by_later_calls() => _guest.Run("nbd");

    [Fact]
    public void Calls_succeed_beside_udevd() => _guest.Run("udevd");

    [Fact]
    public void The_rbd_module_is_loaded_when_it_is_missing() => _guest.Run("module-missing");

    [Fact]
    public void The_device_node_is_made_where_nobody_makes_it() => _guest.Run("node-missing");

    [Fact]
    public void A_device_that_is_mapped_already_is_used() => _guest.Run("found-mapped");

    [Fact]
    public void The_key_is_nowhere_to_be_seen() => _guest.Run("secrets");
}
