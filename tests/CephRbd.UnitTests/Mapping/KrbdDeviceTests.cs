using CephRbd.Driver.Mapping;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Mapping;

public class KrbdDeviceTests
{
    private const string Fsid = "6a0c9a6c-6b2f-4a3b-9c59-0a2f6f6f0b1e";

    [Fact]
    public void A_device_of_a_new_kernel_tells_all()
    {
        KrbdDevice device = Parse("3", Attributes())!;
        Assert.Equal(
            new KrbdDevice(
                3,
                new ImageIdentity("hyper", "ns", "vol 1", "s") { ClusterFsid = Fsid, ImageId = "10226b8b4567" },
                252,
                48,
                1UL << 30),
            device);
    }

    [Fact]
    public void The_line_it_was_mapped_with_may_hold_a_key_and_is_not_read()
    {
        Dictionary<string, string> attributes = Attributes();
        Assert.NotNull(KrbdDevice.Parse("3", name => name == "config_info" ? throw new InvalidOperationException(name) : attributes.GetValueOrDefault(name)));
    }

    [Fact]
    public void A_device_of_an_old_kernel_tells_less()
    {
        Dictionary<string, string> attributes = Attributes();
        foreach (string missing in (string[])["pool_ns", "cluster_fsid"])
        {
            attributes.Remove(missing);
        }

        attributes["current_snap"] = "-\n";
        KrbdDevice device = Parse("0", attributes)!;
        Assert.Equal(new ImageIdentity("hyper", null, "vol 1", null) { ImageId = "10226b8b4567" }, device.Identity);
    }

    [Theory]
    [InlineData("pool_ns", "\n")]
    [InlineData("pool_ns", "")]
    public void An_empty_namespace_is_none(string name, string text) => Assert.Null(With(name, text)!.Identity.Namespace);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("00000000-0000-0000-0000-000000000000\n")]
    public void A_cluster_that_has_not_answered_yet_has_no_fsid(string text) => Assert.Null(With("cluster_fsid", text)!.Identity.ClusterFsid);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("(null)\n")]
    [InlineData("(unknown)\n")]
    public void An_image_of_format_1_has_no_id(string text) => Assert.Null(With("image_id", text)!.Identity.ImageId);

    [Theory]
    [InlineData("pool", null)]
    [InlineData("pool", "")]
    [InlineData("pool", "\n")]
    [InlineData("name", null)]
    [InlineData("name", "\n")]
    [InlineData("current_snap", null)]
    [InlineData("current_snap", "")]
    [InlineData("major", null)]
    [InlineData("major", "(none)\n")]
    [InlineData("minor", null)]
    [InlineData("minor", "-1\n")]
    [InlineData("size", null)]
    [InlineData("size", "18446744073709551616\n")]
    [InlineData("size", "0x10\n")]
    public void A_device_that_goes_away_while_it_is_read_is_none(string name, string? text) => Assert.Null(With(name, text));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData(" 1")]
    [InlineData("rbd1")]
    [InlineData("99999999999")]
    public void A_folder_that_is_no_number_is_no_device(string id) => Assert.Null(Parse(id, Attributes()));

    [Fact]
    public void A_name_keeps_its_white_space() => Assert.Equal(" a \n", With("name", " a \n\n")!.Identity.Image);

    [Fact]
    public void Hostile_text_never_fails() => Hostile.Feed(
        ["-", "\n", "252", "0", "(none)", "vol1", Fsid],
        text =>
        {
            foreach (string name in Attributes().Keys)
            {
                _ = With(name, text);
            }
        });

    private static KrbdDevice? With(string name, string? text)
    {
        Dictionary<string, string> attributes = Attributes();
        attributes.Remove(name);
        if (text is not null)
        {
            attributes.Add(name, text);
        }

        return Parse("3", attributes);
    }

    private static KrbdDevice? Parse(string id, Dictionary<string, string> attributes) =>
        KrbdDevice.Parse(id, name => attributes.GetValueOrDefault(name));

    private static Dictionary<string, string> Attributes() => new()
    {
        ["pool"] = "hyper\n",
        ["name"] = "vol 1\n",
        ["pool_ns"] = "ns\n",
        ["image_id"] = "10226b8b4567\n",
        ["current_snap"] = "s\n",
        ["cluster_fsid"] = Fsid + "\n",
        ["major"] = "252\n",
        ["minor"] = "48\n",
        ["size"] = "1073741824\n",
    };
}
