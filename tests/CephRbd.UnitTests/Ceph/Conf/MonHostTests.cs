using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Ceph.Conf;

public class MonHostTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" , ; ", "")]
    [InlineData("10.0.0.1", "any 10.0.0.1")]
    [InlineData("10.0.0.1:6789", "any 10.0.0.1 6789")]
    [InlineData("10.0.0.1:6789/0", "any 10.0.0.1 6789")]
    [InlineData("10.0.0.1:0/0", "any 10.0.0.1")]
    [InlineData("v1:10.0.0.1:6789", "v1 10.0.0.1 6789")]
    [InlineData("v1:10.0.0.1", "v1 10.0.0.1")]
    [InlineData("V2:10.0.0.1:3300/123", "v2 10.0.0.1 3300")]
    [InlineData("any:10.0.0.1", "any 10.0.0.1")]
    [InlineData("a,b;c d\te", "any a|any b|any c|any d|any e")]
    [InlineData("10.0.0.1, 10.0.0.2", "any 10.0.0.1|any 10.0.0.2")]
    [InlineData("[v2:1.2.3.4:3300/0,v1:1.2.3.4:6789/0]", "v2 1.2.3.4 3300+v1 1.2.3.4 6789")]
    [InlineData("[v2:1.2.3.4:3300,v1:1.2.3.4:6789],[v2:1.2.3.5:3300, v1:1.2.3.5:6789]", "v2 1.2.3.4 3300+v1 1.2.3.4 6789|v2 1.2.3.5 3300+v1 1.2.3.5 6789")]
    [InlineData("[v2:1.2.3.4:3300] [1.2.3.5,1.2.3.5:6789]", "v2 1.2.3.4 3300|any 1.2.3.5+any 1.2.3.5 6789")]
    [InlineData("[1.2.3.4]", "any 1.2.3.4")]
    [InlineData("::1", "any ::1")]
    [InlineData("[::1]", "any ::1")]
    [InlineData("[::1]:6789", "any ::1 6789")]
    [InlineData("[fd00::1]:6789/0;[fd00::2]", "any fd00::1 6789|any fd00::2")]
    [InlineData("[fe80::1%eth0]:6789", "any fe80::1%eth0 6789")]
    [InlineData("v1:[::1]:6789/0", "v1 ::1 6789")]
    [InlineData("[v2:[::1]:3300,v1:[::1]:6789]", "v2 ::1 3300+v1 ::1 6789")]
    [InlineData("[v2:[::1]:3300/0,v1:[::1]:6789/0] node-2.site_b", "v2 ::1 3300+v1 ::1 6789|any node-2.site_b")]
    public void Every_form_of_the_list_is_read(string value, string expected)
    {
        string read = string.Join('|', MonHost.Parse(value).Select(monitor => string.Join('+', monitor.Select(Text))));
        Assert.Equal(expected, read);
    }

    [Theory]
    [InlineData("10.0.0.1:70000", "10.0.0.1:70000")]
    [InlineData("10.0.0.1:", "10.0.0.1:")]
    [InlineData("10.0.0.1:x", "10.0.0.1:x")]
    [InlineData("10.0.0.1:-1", "10.0.0.1:-1")]
    [InlineData("10.0.0.1/x", "10.0.0.1/x")]
    [InlineData("300.0.0.1", "300.0.0.1")]
    [InlineData("10.1", "10.1")]
    [InlineData("v1:6789", "v1:6789")]
    [InlineData("v3:10.0.0.1:6789", "v3:10.0.0.1:6789")]
    [InlineData("a, b!c", "b!c")]
    [InlineData("-x", "-x")]
    [InlineData("fd00::g", "fd00::g")]
    [InlineData("[::1]6789", "[::1]6789")]
    [InlineData("[::1", "[::1")]
    [InlineData("10.0.0.1]", "10.0.0.1]")]
    [InlineData("[]", "[]")]
    [InlineData("[,]", "[,]")]
    [InlineData("[[::1]:6789", "[[::1]:6789")]
    [InlineData("[::1]:6789]", "[::1]:6789]")]
    [InlineData("v1:[10.0.0.1]:6789", "v1:[10.0.0.1]:6789")]
    [InlineData("$mon_ip", "$mon_ip")]
    public void A_bad_piece_is_named(string value, string piece)
    {
        VolumeException e = Assert.Throws<VolumeException>(() => MonHost.Parse(value));
        Assert.Contains($"\"{piece}\"", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1", "10.0.0.1", 6789, "10.0.0.1:6789")]
    [InlineData("v1", "10.0.0.1", null, "10.0.0.1:6789")]
    [InlineData("any", "10.0.0.1", null, "10.0.0.1:6789")]
    [InlineData("any", "fd00::1", 7000, "[fd00::1]:7000")]
    [InlineData("v2", "10.0.0.1", null, "10.0.0.1:3300")]
    public void An_address_is_written_bare(string protocol, string host, int? port, string text) =>
        Assert.Equal(text, new MonAddress(protocol, host, port).ToV1Text());

    [Theory]
    [InlineData("[v2:10.0.0.1:3300,v1:10.0.0.1:6789],[v2:10.0.0.2:3300,v1:10.0.0.2:7000]", "10.0.0.1:6789,10.0.0.2:7000")]
    [InlineData("10.0.0.1,10.0.0.2:6790,10.0.0.1:6789", "10.0.0.1:6789,10.0.0.2:6790")]
    [InlineData("[v2:10.0.0.1:3300]", "10.0.0.1:3300")]
    [InlineData("v2:10.0.0.1", "10.0.0.1:3300")]
    [InlineData("v2:10.0.0.1:3300,v1:10.0.0.1:6789", "10.0.0.1:6789")]
    [InlineData("10.0.0.1:3300,10.0.0.1:6789", "10.0.0.1:6789")]
    [InlineData("10.0.0.1:3300", "10.0.0.1:3300")]
    [InlineData("[any:10.0.0.1:6789,v1:10.0.0.2:6789]", "10.0.0.2:6789")]
    [InlineData("[v1:[fd00::1]:6789,v1:10.0.0.1:6789]", "10.0.0.1:6789")]
    [InlineData("[v2:[fd00::1]:3300,v1:[fd00::1]:6789]", "[fd00::1]:6789")]
    [InlineData("", "")]
    public void The_tag_lists_v1_addresses(string value, string monitors) =>
        Assert.Equal(monitors, string.Join(',', TagMonitors.From(MonHost.Parse(value))));

    [Fact]
    public void Hostile_text_gives_only_clean_failures() =>
        Hostile.Feed(
            ["10.0.0.1", ":6789", "/0", "v1:", "v2:", "any:", "[", "]", "[::1]", ",", ";", " ", "node1", "fd00::", "%eth0"],
            text => TagMonitors.From(MonHost.Parse(text)));

    private static string Text(MonAddress address) =>
        address.Port is int port ? $"{address.Protocol} {address.Host} {port}" : $"{address.Protocol} {address.Host}";
}
