using CephRbd.Driver.Ceph.Reservations;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Rbd;

namespace CephRbd.UnitTests.Ceph.Reservations;

public class ClaimTests
{
    private const string There = "172.16.4.102:0/22";

    private static readonly Writer _me = new("n1", "m1", "uid-1", "/pods/1");
    private static readonly Writer _other = new("n2", "m2", "uid-2", "/pods/2") { Pod = "default/db-0" };
    private static readonly Writer _node = new("n1", "m1", null, null);
    private static readonly VolumeSpec _spec = new() { Pool = "hyper", Image = "db" };

    [Fact]
    public void An_image_that_nobody_had_is_free() => Assert.True(Decide(Use()).IsSimple);

    [Fact]
    public void Whoever_has_it_open_is_named_with_node_and_pod()
    {
        VolumeException refused = Refused(Use(note: Note(_other), watchers: [Watcher(There)]));
        Assert.Contains("client.22 at 172.16.4.102:0/22", refused.Message, StringComparison.Ordinal);
        Assert.Contains("node n2, pod default/db-0 (uid uid-2), since 2026-01-02 03:04:05 UTC", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_image_that_no_mount_of_ours_gave_away_is_refused_as_well() =>
        Assert.Contains("by no mount of this driver", Refused(Use(watchers: [Watcher(There)])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pods_own_VM_does_not_keep_it_out() => Assert.True(Decide(Use(note: Note(_me), watchers: [Watcher(There)])).IsSimple);

    [Fact]
    public void A_nodes_own_map_does_not_keep_it_out_and_another_client_does()
    {
        Assert.True(Claim.Decide(Use(note: Note(_node, There), watchers: [Watcher(There)]), _node, _spec).IsSimple);
        Assert.Throws<VolumeException>(() => Claim.Decide(Use(note: Note(_node, There), watchers: [Watcher("172.16.4.9:0/1")]), _node, _spec));
    }

    [Fact]
    public void A_dead_owner_of_the_exclusive_lock_is_shut_out_and_its_lock_broken()
    {
        Claim claim = Decide(Use(note: Note(_other), locks: [Auto(There)], exclusiveLock: true));
        Assert.Equal([There], claim.ShutOut);
        Assert.Equal([Auto(There)], claim.Break);
    }

    [Fact]
    public void With_the_feature_and_without_an_owner_nobody_is_shut_out() =>
        Assert.True(Decide(Use(note: Note(_other, There), exclusiveLock: true)).IsSimple);

    [Fact]
    public void Without_the_feature_the_client_that_mapped_it_is_shut_out() =>
        Assert.Equal([There], Decide(Use(note: Note(_other, There))).ShutOut);

    [Fact]
    public void A_client_noted_while_the_image_had_the_feature_may_serve_others_and_is_not_shut_out() =>
        Assert.Contains("cephrbd release", Refused(Use(note: Note(_other, There) with { UnderExclusiveLock = true })).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_the_feature_an_unknown_client_is_a_doubt_and_it_is_said_what_to_do()
    {
        VolumeException refused = Refused(Use(note: Note(_other)));
        Assert.Contains("cephrbd release hyper/db", refused.Message, StringComparison.Ordinal);
        Assert.Contains("node n2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_another_pod_of_this_node_had_is_free_once_nobody_has_it_open() =>
        Assert.True(Decide(Use(note: Note(_other with { Node = "n1", Machine = "m1" }))).IsSimple);

    [Fact]
    public void A_node_of_the_same_name_and_another_machine_is_another_node() =>
        Assert.Throws<VolumeException>(() => Decide(Use(note: Note(_other with { Node = "n1" }))));

    [Fact]
    public void A_lock_set_by_hand_would_keep_every_writer_out_and_is_told()
    {
        VolumeException refused = Refused(Use(locks: [Auto(There) with { Cookie = "mine" }], exclusiveLock: true));
        Assert.Contains("rbd lock rm hyper/db 'mine' client.22", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_feature_a_lock_set_by_hand_keeps_nobody_out() =>
        Assert.True(Decide(Use(locks: [Auto(There) with { Cookie = "mine" }])).IsSimple);

    [Fact]
    public void An_admins_release_shuts_out_whom_a_takeover_would_and_never_a_client_that_may_serve_other_images()
    {
        Assert.Empty(Gone(Use(note: Note(_other, There), exclusiveLock: true)));
        Assert.Equal([There], Gone(Use(note: Note(_other), locks: [Auto(There)], exclusiveLock: true)));
        Assert.Equal([There], Gone(Use(note: Note(_other, There))));
        Assert.Empty(Gone(Use(note: Note(_other, There), watchers: [Watcher(There)])));

        static IReadOnlyList<string> Gone(ImageUse use) => new ReservationLook("10aa", use, null, []).Gone;
    }

    [Theory]
    [InlineData("v1:127.0.0.1:0/7", "127.0.0.1:0/7")]
    [InlineData("v2:[fd00::1]:0/7", "[fd00::1]:0/7")]
    [InlineData("any:127.0.0.1:0/7", "127.0.0.1:0/7")]
    [InlineData("127.0.0.1:0/7", "127.0.0.1:0/7")]
    [InlineData("[fd00::1]:0/7", "[fd00::1]:0/7")]
    [InlineData("", "")]
    public void An_address_is_written_as_watchers_have_it(string told, string plain) => Assert.Equal(plain, Fence.Plain(told));

    private static Claim Decide(ImageUse use) => Claim.Decide(use, _me, _spec);

    private static VolumeException Refused(ImageUse use) => Assert.Throws<VolumeException>(() => Decide(use));

    private static ImageUse Use(
        ReservationNote? note = null, RbdWatcher[]? watchers = null, RbdLockOwner[]? locks = null, bool exclusiveLock = false) =>
        new(note, watchers ?? [], locks ?? [], exclusiveLock);

    private static ReservationNote Note(Writer writer, params string[] clients) =>
        new(writer, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), clients);

    private static RbdWatcher Watcher(string address) => new(address, 22, 7);

    private static RbdLockOwner Auto(string address) => new("client.22", "auto 139", address);
}
