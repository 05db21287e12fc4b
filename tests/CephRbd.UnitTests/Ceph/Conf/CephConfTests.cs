using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Ceph.Conf;

public class CephConfTests
{
    [Theory]
    [InlineData("[global]\nmon host = a\n", "a")]
    [InlineData("[global]\nmon_host=a", "a")]
    [InlineData("[global]\nmon-host = a", "a")]
    [InlineData("[global]\n\tMon  Host\t=\ta  \n", "a")]
    [InlineData("\uFEFF[global]\r\nmon host = a\r\n", "a")]
    [InlineData("[ global ] ; where all begins\nmon host = a", "a")]
    [InlineData("mon host = a\n", "a")]
    [InlineData("# mon host = x\n; mon host = y\n[global]\n  # c\nmon host = a # c", "a")]
    [InlineData("[global]\nmon host = a;the first\n", "a")]
    [InlineData("[global]\nmon host = a#b\n", "a")]
    [InlineData("[global]\nmon host = a\\#b\\;c\\\\d\n", "a#b;c\\d")]
    [InlineData("[global]\nmon host = 10.0.0.1;10.0.0.2 ; [::1]:6789;v1:10.0.0.3 ; old\n", "10.0.0.1;10.0.0.2 ; [::1]:6789;v1:10.0.0.3")]
    [InlineData("[global]\nmon host = \"a;b # c\" # d\n", "a;b # c")]
    [InlineData("[global]\nmon host = 'a \"b\"'\n", "a \"b\"")]
    [InlineData("[global]\nmon host = a \"b\" c\n", "a \"b\" c")]
    [InlineData("[global]\nmon host = a,\\\n   b,\\\r\nc\n", "a,   b,c")]
    [InlineData("[global]\nmon host = a\\", "a")]
    [InlineData("[global]\nmon host = a\nmon_host = b\n", "b")]
    [InlineData("[global]\nmon host = a\n[osd]\nx = y\n[global]\nmon host = b\n", "b")]
    [InlineData("[global]\njunk\n= x\nmon host = a\n", "a")]
    [InlineData("[global]\nmon host = x\n[client]\nmon host = a\n[osd.0]\nmon host = y", "a")]
    [InlineData("[client.admin]\nmon host = a\n[client]\nmon host = x\n[global]\nmon host = y", "a")]
    [InlineData("[client.other]\nmon host = x\n[mon]\nmon host = y", null)]
    [InlineData("[global]\nmon host =\n", "")]
    [InlineData("", null)]
    [InlineData("[global]\nmonhost = a\nmon host = # none", "")]
    public void Settings_are_found_in_every_form(string text, string? value)
    {
        CephConf conf = CephConf.Parse(text);
        Assert.Equal(value, conf.Get("client.admin", "mon_host"));
        Assert.Equal(value, conf.Get("client.admin", "Mon Host"));
    }

    [Fact]
    public void A_dotted_client_has_its_own_section()
    {
        CephConf conf = CephConf.Parse("[client.a]\nkeyring = x\n[client.a.b]\nkeyring = y\n");
        Assert.Equal("y", conf.Get("client.a.b", "keyring"));
        Assert.Null(conf.Get("client.a.b.c", "keyring"));
    }

    [Theory]
    [InlineData("[global]\nx = y\n[client\nkey = swordfish\n", "line 3")]
    [InlineData("[global]\nkey = \"swordfish\n", "line 2")]
    [InlineData("[global]\na = b \\\n c\nkey = 'swordfish\n", "line 4")]
    public void An_open_bracket_or_quote_is_refused_by_its_line(string text, string place)
    {
        VolumeException e = Assert.Throws<VolumeException>(() => CephConf.Parse(text));
        Assert.Contains(place, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_text_gives_only_clean_failures() =>
        Hostile.Feed(
            ["[global]\n", "[client", "mon host = ", "key = " + Hostile.Key, "\\\n", "\"", "'", "\n", "#", ";10.0.0.1", "swordfish", "]"],
            text => CephConf.Parse(text).Get("client.admin", text),
            "swordfish",
            Hostile.Key);
}
