namespace CephRbd.LabTests.Kernel;

/// <summary>What a pod writes stays.</summary>
[Collection(SecondGuestCollection.Name)]
public sealed class DataTests(KernelLab lab)
{
    private readonly Guest _guest = new(lab);

    [Fact]
    public void What_was_written_before_an_unmount_is_read_after_a_remount() => _guest.Run("remount");

    [Fact]
    public void The_first_mount_formats_and_no_later_one_does() => _guest.Run("format-once");

    [Fact]
    public void An_unmount_gives_the_image_to_whatever_node_wants_it_next() => _guest.Run("give-back");

    [Fact]
    public void Two_pods_share_one_device_and_the_last_unmount_lets_it_go() => _guest.Run("two-pods");

    [Fact]
    public void Pods_that_start_and_end_at_once_share_one_device() => _guest.Run("same-image-at-once");

    [Fact]
    public void A_repeated_call_finds_its_work_done() => _guest.Run("repeated-calls");

    [Fact]
    public void A_read_only_volume_is_mapped_read_only_and_left_as_it_is() => _guest.Run("read-only");

    [Fact]
    public void A_pod_that_writes_is_refused_while_the_image_is_mapped_read_only() => _guest.Run("read-only-first");

    [Fact]
    public void Mount_options_reach_the_mount_and_none_is_forced() => _guest.Run("mount-options");

    [Fact]
    public void Fifty_volumes_are_mounted_at_once_and_gone_again() => _guest.Run("fifty");

    [Fact]
    public void A_pod_with_a_key_that_does_not_open_the_image_does_not_share_it() => _guest.Run("own-key");
}
