using CephRbd.Driver.Ceph.Conf;


namespace CephRbd.UnitTests.Ceph.Conf;

public class KernelMonitorsTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1:6789")]
    [InlineData("10.0.0.1,10.0.0.2:6790", "10.0.0.1:6789 10.0.0.2:6790")]
    [InlineData("[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0] [v2:10.0.0.2:3300,v1:10.0.0.2:6789]", "10.0.0.1:6789 10.0.0.2:6789")]
    [InlineData("[v2:10.0.0.1:3300,v1:10.0.0.1:6789],v2:10.0.0.2:3300", "10.0.0.1:6789")]
    [InlineData("[v1:[fd00::1]:6789,v2:[fd00::1]:3300]", "[fd00::1]:6789")]
    [InlineData("fd00::1", "[fd00::1]:6789")]
    [InlineData("10.0.0.1,10.0.0.1:6789,v1:10.0.0.1", "10.0.0.1:6789")]
    [InlineData("10.0.0.1:3300,10.0.0.2", "10.0.0.2:6789")]
    public void Messenger_v1_is_taken_where_a_monitor_has_it(string monHost, string chosen)
    {
        Assert.Equal(chosen, string.Join(' ', KernelMonitors.Choose(MonHost.Parse(monHost), out bool v2Only)));
        Assert.False(v2Only);
    }

    [Theory]
    [InlineData("v2:10.0.0.1,v2:10.0.0.2:3301", "10.0.0.1:3300 10.0.0.2:3301")]
    [InlineData("10.0.0.1:3300", "10.0.0.1:3300")]
    [InlineData("[v2:[fd00::1]:3300]", "[fd00::1]:3300")]
    public void Messenger_v2_is_taken_where_no_monitor_has_v1(string monHost, string chosen)
    {
        Assert.Equal(chosen, string.Join(' ', KernelMonitors.Choose(MonHost.Parse(monHost), out bool v2Only)));
        Assert.True(v2Only);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mon-a")]
    [InlineData("10.0.0.1,mon-a:6789")]
    [InlineData("[v2:mon-a:3300,v1:10.0.0.1]")]
    public void A_host_name_is_left_to_the_monmap(string monHost)
    {
        Assert.Empty(KernelMonitors.Choose(MonHost.Parse(monHost), out bool v2Only));
        Assert.False(v2Only);
    }

    [Fact]
    public void An_address_with_a_zone_is_left_to_the_monmap() =>
        Assert.Empty(KernelMonitors.Choose([[new MonAddress("v1", "fe80::1%eth0", null)]], out _));
}
