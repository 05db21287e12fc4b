using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Ceph.Conf;

public class KeyringTests
{
    [Fact]
    public void Each_entity_has_its_own_key()
    {
        Keyring keyring = Keyring.Parse(
            """
            # made by hand
            [client.admin]
                key = AQadmin==
                auid = 0
                caps mds = "allow *"
                caps mon = "allow r, allow command \"osd blacklist\""
            [client.a]
            key=AQa==
            [client.a.b]
            	key	=	AQab== ; the dotted one
            [mon.]
            [client.a]
            caps osd = "allow rwx pool=hyper"
            """);
        Assert.Equal(["client.admin", "client.a", "client.a.b", "mon."], keyring.Entities);
        Assert.Equal("AQadmin==", keyring.Find("client.admin")?.Reveal());
        Assert.Equal("AQa==", keyring.Find("client.a")?.Reveal());
        Assert.Equal("AQab==", keyring.Find("client.a.b")?.Reveal());
        Assert.Null(keyring.Find("mon."));
        Assert.Null(keyring.Find("client"));
        Assert.Null(keyring.Find("CLIENT.A"));
    }

    [Theory]
    [InlineData("[client.x]\r\n\tkey = AQx==\r\n")]
    [InlineData("\uFEFF[client.x]\nkey=AQx==")]
    [InlineData("[client.x] # mine\nkey = \"AQx==\"")]
    [InlineData("[client.x]\nKey = AQx== # old\n")]
    [InlineData("[client.x]\nkey = AQold==\nkey = AQx==\n")]
    [InlineData("[client.x]\nkey = AQx==\nkey =\n")]
    public void A_key_is_found_in_every_form(string text) => Assert.Equal("AQx==", Keyring.Parse(text).Find("client.x")?.Reveal());

    [Theory]
    [InlineData("")]
    [InlineData("AQx==\n")]
    [InlineData("key = AQx==\n")]
    [InlineData("[client.x]\nkey =\n")]
    public void What_holds_no_key_for_an_entity_gives_none(string text) => Assert.Null(Keyring.Parse(text).Find("client.x"));

    [Fact]
    public void An_open_bracket_is_refused_without_showing_keys()
    {
        VolumeException e = Assert.Throws<VolumeException>(() => Keyring.Parse("[client.x\nkey = AQx==\n"));
        Assert.Contains("keyring line 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_text_gives_only_clean_failures() =>
        Hostile.Feed(
            ["[client.a.b]\n", "[client", "key = ", "caps mon = \"", Hostile.Key, "\\\n", "\"", "\n", "swordfish", "]"],
            text => Keyring.Parse(text).Find(text),
            "swordfish",
            Hostile.Key);
}
