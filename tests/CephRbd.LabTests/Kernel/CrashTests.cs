namespace CephRbd.LabTests.Kernel;

/// <summary>Calls that are killed, and mounts that died.</summary>
[Collection(GuestCollection.Name)]
public sealed class CrashTests(KernelLab lab)
{
    private readonly Guest _guest = new(lab);

    [Fact]
    public void A_mount_killed_at_any_step_is_put_right_by_the_next() => _guest.Run("kill-mount");

    [Fact]
    public void A_mount_killed_at_any_step_is_cleared_away_by_an_unmount() => _guest.Run("kill-mount-unmount");

    [Fact]
    public void A_first_mount_killed_at_any_step_is_put_right_by_the_next() => _guest.Run("kill-first-mount");

    [Fact]
    public void An_unmount_killed_at_any_step_is_put_right_by_the_next_call() => _guest.Run("kill-unmount");

    [Fact]
    public void Calls_of_the_attach_chain_killed_at_any_step_are_put_right_by_the_next() => _guest.Run("attach-killed");

    [Fact]
    public void A_mount_whose_device_is_gone_is_cleared_away() => _guest.Run("dead-mount");

    [Fact]
    public void A_mount_whose_rbd_nbd_was_killed_is_cleared_away() => _guest.Run("nbd-killed");

    [Fact]
    public void A_strangers_mount_or_file_in_the_pods_dir_is_refused_and_left() => _guest.Run("foreign");

    [Fact]
    public void After_a_reboot_the_next_call_starts_from_nothing() => _guest.Run("reboot");

    [Fact]
    public void A_cluster_out_of_reach_ends_the_call_in_time_and_leaves_nothing() => _guest.Run("unreachable");

    [Fact]
    public void An_unmount_without_the_cluster_ends_in_time_and_is_finished_later() => _guest.Run("unmount-unreachable");
}
