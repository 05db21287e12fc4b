using CephRbd.Driver.Mapping;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Mapping;

public class NbdMapTests
{
    private const string Fsid = "6a0c9a6c-6b2f-4a3b-9c59-0a2f6f6f0b1e";

    [Theory]
    [InlineData("rbd-nbd map vol1", "rbd/vol1")]
    [InlineData("/usr/bin/rbd-nbd map hyper/vol1", "hyper/vol1")]
    [InlineData("rbd-nbd map hyper/ns/vol1@snap", "hyper/ns/vol1@snap")]
    [InlineData("rbd-nbd map vol1@snap", "rbd/vol1@snap")]
    [InlineData("rbd-nbd attach hyper/vol1 --device /dev/nbd0 --cookie abc", "hyper/vol1")]
    [InlineData("rbd-nbd --id k8s -c /etc/ceph/b.conf map hyper/vol1", "hyper/vol1")]
    [InlineData("rbd-nbd -n client.k8s --conf=/etc/ceph/b.conf --keyring /k map --read-only hyper/vol1", "hyper/vol1")]
    [InlineData("rbd-nbd map --keyfile /k -m 10.0.0.1 --timeout 30 --io-timeout 30 --reattach-timeout 30 --nbds_max 16 --max_part 255 --cluster b hyper/vol1", "hyper/vol1")]
    [InlineData("rbd-nbd map --exclusive --quiesce --try-netlink --notrim hyper/vol1", "hyper/vol1")]
    [InlineData("rbd-nbd map --rbd_cache false --log-file=/x hyper/vol1", "hyper/vol1")]
    [InlineData("rbd-nbd -p hyper --namespace ns map vol1 --snap s", "hyper/ns/vol1@s")]
    [InlineData("rbd-nbd map --pool=hyper --image vol1", "hyper/vol1")]
    [InlineData("rbd-nbd map --rbd_default_pool hyper vol1", "hyper/vol1")]
    [InlineData("rbd-nbd map -p hyper other/vol1", "other/vol1")]
    [InlineData("rbd-nbd map hyper/vol1 --snap-id 7", "hyper/vol1@#7")]
    [InlineData("rbd-nbd map -- hyper/vol1", "hyper/vol1")]
    [InlineData("rbd-nbd -- map -vol1", "rbd/-vol1")]
    public void The_image_is_found_among_the_options(string line, string spec) => Assert.Equal(spec, Parse(line)!.Identity.ImageSpec);

    [Theory]
    [InlineData("")]
    [InlineData("rbd-nbd")]
    [InlineData("rbd-nbd map")]
    [InlineData("rbd-nbd map --device /dev/nbd0")]
    [InlineData("rbd-nbd unmap /dev/nbd0")]
    [InlineData("rbd-nbd list-mapped")]
    [InlineData("rbd-nbd hyper/vol1 map")]
    [InlineData("rbd map hyper/vol1")]
    [InlineData("rbd-nbd-helper map hyper/vol1")]
    [InlineData("sh -c rbd-nbd map hyper/vol1")]
    [InlineData("rbd-nbd map a/b/c/d")]
    [InlineData("rbd-nbd map hyper/")]
    [InlineData("rbd-nbd map /vol1")]
    [InlineData("rbd-nbd map hyper//vol1")]
    [InlineData("rbd-nbd map @snap")]
    [InlineData("rbd-nbd map vol1@")]
    public void Anything_else_serves_no_image(string line) => Assert.Null(Parse(line));

    [Theory]
    [InlineData("rbd-nbd map vol1", false)]
    [InlineData("rbd-nbd map --read-only vol1", true)]
    [InlineData("rbd-nbd --read_only map vol1", true)]
    [InlineData("rbd-nbd map --read-only=true vol1", true)]
    [InlineData("rbd-nbd map --read-only=false vol1", false)]
    [InlineData("rbd-nbd map vol1 --read-only", true)]
    public void A_device_for_reading_is_known(string line, bool readOnly) => Assert.Equal(readOnly, Parse(line)!.ReadOnly);

    [Theory]
    [InlineData("rbd-nbd map vol1", null)]
    [InlineData("rbd-nbd map vol1 --device /dev/nbd3", "/dev/nbd3")]
    [InlineData("rbd-nbd --device=/dev/nbd3 map vol1", "/dev/nbd3")]
    public void The_device_is_known_where_it_was_asked_for(string line, string? device) => Assert.Equal(device, Parse(line)!.Device);

    [Fact]
    public void A_mark_tells_the_cluster_and_the_image()
    {
        ImageIdentity identity = Parse("rbd-nbd map vol1", $"PATH=/bin\0{NbdMap.MarkVariable}={NbdMap.Mark(Fsid, "10226b8b4567")}\0HOME=/\0")!.Identity;
        Assert.Equal(new ImageIdentity("rbd", null, "vol1", null) { ClusterFsid = Fsid, ImageId = "10226b8b4567" }, identity);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PATH=/bin\0")]
    [InlineData("CEPHRBD_MAPPED=")]
    [InlineData("CEPHRBD_MAPPED=a")]
    [InlineData("CEPHRBD_MAPPED=/b")]
    [InlineData("CEPHRBD_MAPPED=a/")]
    [InlineData("CEPHRBD_MAPPED=a/b/c")]
    [InlineData("XCEPHRBD_MAPPED=a/b")]
    [InlineData("X=CEPHRBD_MAPPED=a/b")]
    public void A_daemon_without_a_mark_has_names_only(string environ) =>
        Assert.Equal(new ImageIdentity("rbd", null, "vol1", null), Parse("rbd-nbd map vol1", environ)!.Identity);

    [Fact]
    public void White_space_within_a_word_is_part_of_it() =>
        Assert.Equal("my pool/my vol", NbdMap.Parse("rbd-nbd\0map\0my pool/my vol\0", "")!.Identity.ImageSpec);

    [Fact]
    public void Hostile_text_never_fails() => Hostile.Feed(
        ["rbd-nbd\0", "map\0", "attach\0", "--id\0", "--pool=", "-p\0", "a/b/c@d\0", "--", "\0", "=", "CEPHRBD_MAPPED=", "a/b"],
        text =>
        {
            _ = NbdMap.Parse(text, text);
            NbdMap? map = NbdMap.Parse("rbd-nbd\0map\0" + text, text);
            Assert.True(map is null || (map.Identity.Image.Length > 0 && map.Identity.Snapshot != ""));
        });

    private static NbdMap? Parse(string line, string environ = "") => NbdMap.Parse(line.Replace(' ', '\0') + "\0", environ);
}
