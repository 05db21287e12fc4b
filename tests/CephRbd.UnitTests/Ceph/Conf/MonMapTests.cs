using System.Text;
using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Ceph.Conf;

public class MonMapTests
{
    [Fact]
    public void Jewels_map_has_one_v1_address_each()
    {
        IReadOnlyList<IReadOnlyList<MonAddress>> monitors = MonMap.Parse(
            """
            {"epoch":1,"fsid":"c6f1","modified":"2018-03-02 10:00:00.000000","created":"2018-03-02 10:00:00.000000",
             "mons":[{"rank":0,"name":"node1","addr":"172.16.4.101:6789\/0"},{"rank":1,"name":"node2","addr":"[fd00::2]:6789/0"},
                     {"rank":2,"name":"new","addr":":/0"},{"rank":3,"name":"newer","addr":"0.0.0.0:0/2"}],
             "quorum":[0,1]}
            """u8);
        Assert.Equal(
            [[new MonAddress("v1", "172.16.4.101", 6789)], [new MonAddress("v1", "fd00::2", 6789)]],
            monitors);
    }

    [Fact]
    public void Nautilus_map_has_a_vector_of_addresses()
    {
        IReadOnlyList<IReadOnlyList<MonAddress>> monitors = MonMap.Parse(
            """
            {"epoch":1,"min_mon_release_name":"pacific","mons":[
              {"rank":0,"name":"a","public_addrs":{"addrvec":[{"type":"v2","addr":"10.0.0.1:3300","nonce":0},{"type":"v1","addr":"10.0.0.1:6789","nonce":0}]},
               "addr":"10.0.0.1:6789/0","public_addr":"10.0.0.1:6789/0","priority":0,"weight":0},
              {"rank":1,"name":"b","public_addrs":{"addrvec":[{"type":"v2","addr":"[fd00::2]:3300","nonce":0}]},"addr":"[fd00::2]:3300/0"},
              {"rank":2,"name":"c","public_addrs":{"addrvec":[{"type":"none","addr":":/0","nonce":0}]},"addr":":/0"}]}
            """u8);
        Assert.Equal(
            [[new MonAddress("v2", "10.0.0.1", 3300), new MonAddress("v1", "10.0.0.1", 6789)], [new MonAddress("v2", "fd00::2", 3300)]],
            monitors);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "\"mons\"")]
    [InlineData("{}", "\"mons\"")]
    [InlineData("""{"mons":{}}""", "\"mons\"")]
    [InlineData("""{"mons":[1]}""", "no object")]
    [InlineData("""{"mons":[{"addr":"\ud800"}]}""", "not valid JSON")]
    [InlineData("""{"mons":[{"addr":"a b"}]}""", "\"a b\"")]
    public void What_is_no_map_is_refused(string json, string reason)
    {
        VolumeException e = Assert.Throws<VolumeException>(() => MonMap.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_text_gives_only_clean_failures() =>
        Hostile.Feed(
            ["{\"mons\":[", "{\"addr\":\"", "10.0.0.1:6789/0", "\"}", "]}", "\"public_addrs\":{\"addrvec\":[", "{\"type\":\"v1\",\"addr\":\"", ",", "null", "1"],
            text => MonMap.Parse(Encoding.UTF8.GetBytes(text)));
}
