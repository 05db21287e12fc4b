using CephRbd.Driver.Ceph;
using CephRbd.Native.Rbd;

namespace CephRbd.UnitTests.Ceph;

/// <summary>Both forms of what <c>rbd status --format json</c> says, and what is neither.</summary>
public class RbdStatusOutputTests
{
    private static readonly RbdWatcher _first = new("172.16.4.102:0/2718281828", 4123, 18446462598732840961);
    private static readonly RbdWatcher _second = new("172.16.4.103:0/3141", 4124, 1);

    [Theory]
    [InlineData("""{"watchers":{}}""")]
    [InlineData("""{"watchers":[]}""")]
    [InlineData("{\"watchers\":[]}\n")]
    [InlineData("""{"watchers":[],"migration":{"state":"prepared"}}""")]
    public void None(string output) => Assert.Equal([], RbdStatusOutput.Watchers(output));

    [Fact]
    public void Jewels_object_names_each_entry_watcher() => Assert.Equal(
        [_first, _second],
        RbdStatusOutput.Watchers("""{"watchers":{"watcher":{"address":"172.16.4.102:0\/2718281828","client":4123,"cookie":18446462598732840961},"watcher":{"address":"172.16.4.103:0\/3141","client":4124,"cookie":1}}}"""));

    [Fact]
    public void The_array_of_today() => Assert.Equal(
        [_first, _second],
        RbdStatusOutput.Watchers("""{"watchers":[{"address":"172.16.4.102:0/2718281828","client":4123,"cookie":18446462598732840961},{"address":"172.16.4.103:0/3141","client":4124,"cookie":1}]}"""));

    [Fact]
    public void What_a_later_release_adds_to_a_watcher_is_passed_over() => Assert.Equal(
        [_second],
        RbdStatusOutput.Watchers("""{"watchers":[{"address":"172.16.4.103:0/3141","client":4124,"cookie":1,"name":"client.admin"}]}"""));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("Watchers: none\n")]
    [InlineData("Watchers:\n\twatcher=172.16.4.102:0/123 client.4123 cookie=1\n")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"watchers":null}""")]
    [InlineData("""{"watchers":0}""")]
    [InlineData("""{"watchers":"none"}""")]
    [InlineData("""{"watchers":[],"watchers":[{"address":"a","client":1,"cookie":1}]}""")]
    [InlineData("""{"watchers":[]""")]
    [InlineData("""{"watchers":[]} {"watchers":[]}""")]
    [InlineData("""{"watchers":[null]}""")]
    [InlineData("""{"watchers":[{}]}""")]
    [InlineData("""{"watchers":{"another":{"address":"a","client":1,"cookie":1}}}""")]
    [InlineData("""{"watchers":{"watcher":[{"address":"a","client":1,"cookie":1}]}}""")]
    [InlineData("""{"watchers":[{"address":"a","cookie":1}]}""")]
    [InlineData("""{"watchers":[{"address":"a","client":"1","cookie":1}]}""")]
    [InlineData("""{"watchers":[{"address":"a","client":1.5,"cookie":1}]}""")]
    [InlineData("""{"watchers":[{"address":"a","client":1,"client":2,"cookie":1}]}""")]
    [InlineData("""{"watchers":[{"address":"a","client":1,"cookie":-1}]}""")]
    [InlineData("""{"watchers":[{"address":7,"client":1,"cookie":1}]}""")]
    public void What_rbd_status_does_not_say_tells_nothing(string output) => Assert.Null(RbdStatusOutput.Watchers(output));
}
