using CephRbd.Driver.Config;
using CephRbd.Driver.Mounting;

namespace CephRbd.UnitTests.Mounting;

public class NodeNamesTests
{
    [Theory]
    [InlineData("node1", "node1")]
    [InlineData("Node1", "NODE1")]
    [InlineData("node1.example.com", "node1")]
    [InlineData("node1", "NODE1.example.com")]
    [InlineData("node1.example.com", "node1.EXAMPLE.com")]
    public void Names_of_one_node(string one, string other) => Assert.True(NodeNames.IsSame(one, other));

    [Theory]
    [InlineData("node1", "node10")]
    [InlineData("node1", "node")]
    [InlineData("node1.a", "node1.b")]
    [InlineData("node1.a", "node1.a.b")]
    [InlineData("node1", ".node1")]
    [InlineData("node1", "xnode1.example.com")]
    [InlineData("10.0.0.1", "10.0.0.11")]
    public void Names_of_two_nodes(string one, string other)
    {
        Assert.False(NodeNames.IsSame(one, other));
        Assert.False(NodeNames.IsSame(other, one));
    }

    [Fact]
    public void A_call_without_a_name_is_meant_for_here()
    {
        Assert.True(NodeNames.IsThisNode(null, new DriverConfig()));
        Assert.True(NodeNames.IsThisNode("", new DriverConfig { NodeName = "node1" }));
    }

    [Fact]
    public void The_configured_name_counts_else_the_hosts()
    {
        Assert.True(NodeNames.IsThisNode(Environment.MachineName, new DriverConfig()));
        var config = new DriverConfig { NodeName = Environment.MachineName + "x" };
        Assert.False(NodeNames.IsThisNode(Environment.MachineName, config));
        Assert.True(NodeNames.IsThisNode(Environment.MachineName + "x", config));
    }
}
