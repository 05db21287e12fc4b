namespace CephRbd.LabTests.Kernel;

/// <summary>Checks, repairs and growth.</summary>
[Collection(GuestCollection.Name)]
public sealed class FileSystemTests(KernelLab lab)
{
    private readonly Guest _guest = new(lab);

    [Fact]
    public void A_mounted_file_system_grows() => _guest.Run("grow-mounted");

    [Fact]
    public void A_file_system_grows_at_the_next_mount() => _guest.Run("grow-unmounted");

    [Fact]
    public void What_e2fsck_can_repair_is_repaired_before_the_mount() => _guest.Run("fsck-repair");

    [Fact]
    public void The_journal_of_a_node_that_went_down_is_replayed() => _guest.Run("fsck-journal");

    [Fact]
    public void What_e2fsck_cannot_repair_is_refused_with_its_words() => _guest.Run("fsck-unfixable");

    [Fact]
    public void An_XFS_that_cannot_be_mounted_is_refused_with_the_words_of_xfs_repair() => _guest.Run("xfs-unfixable");

    [Fact]
    public void An_XFS_clone_is_mounted_beside_its_parent() => _guest.Run("xfs-clone");
}
