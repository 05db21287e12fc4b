using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Node;
using CephRbd.Driver.Host;

namespace CephRbd.UnitTests.Doctor.Node;

public class PluginFolderTests
{
    private static readonly PluginFolderChecks.Entry _right = new(0x1ED, 0);
    private static readonly PluginFolderChecks.Seen _seen = new("/exec", "kubelet (pid 1) looks into it", true, _right, _right, [], "rw,relatime", null);

    [Fact]
    public void All_in_order_is_one_finding()
    {
        Finding found = Assert.Single(PluginFolderChecks.Judge(_seen));
        Assert.Equal(FindingState.Ok, found.State);
        Assert.Contains("/exec/hyper~cephrbd/cephrbd", found.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_is_not_there_has_failed_and_the_remedy_puts_it()
    {
        foreach (PluginFolderChecks.Seen seen in (PluginFolderChecks.Seen[])[_seen with { Binary = null }, _seen with { Binary = null, Folder = null, Exists = false }])
        {
            Finding found = Assert.Single(PluginFolderChecks.Judge(seen));
            Assert.Equal(FindingState.Failed, found.State);
            Assert.StartsWith("/usr/lib/cephrbd/place.sh put ", found.Remedy, StringComparison.Ordinal);
            Assert.Contains(" /exec --keep ", found.Remedy, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0x1A4, 0)]
    [InlineData(0x1FF, 0)]
    [InlineData(0x1ED, 1000)]
    public void A_binary_that_kubelet_cannot_run_or_others_can_write_has_failed(int mode, int uid)
    {
        Finding found = Assert.Single(PluginFolderChecks.Judge(_seen with { Binary = new(mode, uid) }));
        Assert.Equal((FindingState.Failed, "chown 0:0 /exec/hyper~cephrbd/cephrbd; chmod 0755 /exec/hyper~cephrbd/cephrbd"), (found.State, found.Remedy));
        Assert.Contains("0" + Convert.ToString(mode, 8), found.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_thing_that_is_wrong_is_a_finding_of_its_own()
    {
        IReadOnlyList<Finding> found = PluginFolderChecks.Judge(_seen with
        {
            Folder = new(0x1FF, 0),
            Others = ["cephrbd.bak"],
            MountOptions = "rw,noexec",
            Difference = "/exec/… is another program",
        });
        Assert.Equal([FindingState.Failed, FindingState.Failed, FindingState.Warning, FindingState.Warning], found.Select(one => one.State));
        Assert.All(found, one => Assert.NotNull(one.Remedy));
        Assert.Contains("mv /exec/hyper~cephrbd/cephrbd.bak /var/lib/cephrbd/", found[2].Remedy, StringComparison.Ordinal);
        Assert.Equal(FindingState.Warning, Assert.Single(PluginFolderChecks.Judge(_seen with { MountOptions = "ro,relatime" })).State);
    }

    [Theory]
    [InlineData("/a/b/c", "/a/b")]
    [InlineData("/a/bc", "/a")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/z", "/")]
    public void A_path_lies_on_the_nearest_mount_above_it(string path, string point)
    {
        MountEntry[] entries = [.. ((string[])["/", "/a", "/a/b"]).Select(place => MountInfo.ParseLine($"1 0 8:1 / {place} rw - ext4 /dev/sda1 rw")!)];
        Assert.Equal(point, NodeMounts.Above(entries, path)?.MountPoint);
    }

    [Fact]
    public void Of_two_mounts_on_one_place_the_later_lies_on_top()
    {
        MountEntry[] entries = [MountInfo.ParseLine("1 0 8:1 / / rw - ext4 /dev/sda1 rw")!, MountInfo.ParseLine("2 1 0:5 / / ro,noexec - tmpfs t rw")!];
        Assert.Equal("ro,noexec", NodeMounts.Above(entries, "/x")?.Options);
    }
}
