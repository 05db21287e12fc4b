using CephRbd.Driver.Config;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Cluster;
using CephRbd.Driver.Host;
using CephRbd.Native;

namespace CephRbd.UnitTests.Doctor;

/// <summary>What this node has to reach a cluster by, and the data dirs of OSDs that are on it.</summary>
public sealed class NodeFilesChecksTests : IDisposable
{
    private static readonly MountTable _rootOnly = MountTable.Of("21 1 8:1 / / rw - ext4 /dev/sda1 rw\n", _ => null);

    private readonly string _dir = Directory.CreateTempSubdirectory("cephrbd-ut-").FullName;

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Theory]
    [InlineData("[global]\nmon_host = 10.0.0.1,10.0.0.2\nfsid = 6a1a8f0e-0000-4000-8000-000000000001\n", "Ok", "2 monitors")]
    [InlineData("[global]\nmon_host = 10.0.0.1\n", "Ok", "names no fsid")]
    [InlineData("[global]\nmon_host = 10.0.0.1\nfsid = x\n", "Warning", "no UUID")]
    [InlineData("[global]\nfsid = 6a1a8f0e-0000-4000-8000-000000000001\n", "Failed", "no mon_host")]
    [InlineData("[mon.a]\nmon addr = 10.0.0.1:6789\n", "Warning", "mon addr")]
    [InlineData("[global]\nmon_host = 300.1.1.1\n", "Failed", "300.1.1.1")]
    [InlineData("[global\n", "Failed", "line 1")]
    public void A_conf_is_judged_by_what_clients_need(string text, string state, string evidence)
    {
        Finding finding = ConfChecks.Judge(text, "/etc/ceph/ceph.conf", "client.admin", "copy it");
        Assert.Equal(state, finding.State.ToString());
        Assert.Contains(evidence, finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_keyring_of_ceph_conf_is_expanded()
    {
        Assert.Equal(["/a/ceph.client.x.keyring", "/b/client.x"], KeyringChecks.Places("/a/$cluster.$name.keyring, /b/$type.$id", "x"));
        Assert.Equal("0640", KeyringChecks.Octal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }

    [Fact]
    public void Libraries_are_missing_one_by_one_too_old_or_without_a_way_to_list_watchers()
    {
        CephLibraryInfo good = new("librados 3.0.0", "librbd 1.17.0", "/lib/librados.so.2", "/lib/librbd.so.1", null) { ListsWatchers = true };
        Assert.Equal(FindingState.Ok, LibraryChecks.Judge(good, "admin", null).State);
        Assert.Equal(FindingState.Ok, LibraryChecks.Judge(good with { ListsWatchers = false }, "admin", "/usr/bin/rbd").State);
        Has(FindingState.Warning, "13.2", "apt install ceph-common", LibraryChecks.Judge(good with { ListsWatchers = false }, "admin", null));
        Has(FindingState.Failed, "cannot be loaded", "apt install librados2 librbd1", LibraryChecks.Judge(new(null, null, null, null, "librados.so.2 cannot be loaded") { Faulty = "librados.so.2" }, "admin", null));
        Has(FindingState.Failed, "there is /lib/librados.so.2", "apt install librbd1", LibraryChecks.Judge(new(null, null, "/lib/librados.so.2", null, "librbd.so.1 cannot be loaded") { Faulty = "librbd.so.1" }, "admin", null));
        Has(FindingState.Failed, "too old, it lacks rbd_create4", "ldconfig -p", LibraryChecks.Judge(
            new(null, null, "/lib/librados.so.2", "/lib/librbd.so.1", "librbd.so.1 has no rbd_create4") { Faulty = "librbd.so.1", MissingSymbol = "rbd_create4" }, "admin", null));
    }

    [Fact]
    public void A_data_dir_whose_disk_is_not_mounted_is_empty_or_has_no_whoami()
    {
        string dir = Path.Combine(_dir, "ceph-0");
        Directory.CreateDirectory(dir);
        Assert.Contains("is empty", LocalOsdChecks.DirProblem(dir, [], _rootOnly), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(dir, "fsid"), "");
        Assert.Contains("no file whoami", LocalOsdChecks.DirProblem(dir, [], _rootOnly), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(dir, "whoami"), "0\n");
        Assert.Null(LocalOsdChecks.DirProblem(dir, [], _rootOnly));
        File.CreateSymbolicLink(Path.Combine(dir, "block"), Path.Combine(_dir, "gone"));
        Assert.Contains("block leads to", LocalOsdChecks.DirProblem(dir, [], _rootOnly), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_what_is_not_mounted_and_a_required_mount_on_the_root_are_told()
    {
        string link = Path.Combine(_dir, "ceph-1");
        File.CreateSymbolicLink(link, Path.Combine(_dir, "disk", "osd1"));
        Assert.Contains("is not there", LocalOsdChecks.DirProblem(link, [], _rootOnly), StringComparison.Ordinal);
        string real = Directory.CreateDirectory(Path.Combine(_dir, "disk", "osd1")).FullName;
        File.WriteAllText(Path.Combine(real, "whoami"), "1\n");
        Assert.Null(LocalOsdChecks.DirProblem(link, [], _rootOnly));
        string disk = Path.Combine(_dir, "disk");
        Assert.Contains($"wants {disk} to be mounted", LocalOsdChecks.DirProblem(link, [disk], _rootOnly), StringComparison.Ordinal);
        Assert.Contains("no such dir", LocalOsdChecks.DirProblem(link, ["/nowhere/at/all"], _rootOnly), StringComparison.Ordinal);
        Assert.Null(LocalOsdChecks.DirProblem(link, [disk], MountTable.Of($"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n22 21 8:17 / {disk} rw - xfs /dev/sdb1 rw\n", _ => null)));
        Assert.Equal(["/ceph1", "/mnt/7"], LocalOsdChecks.RequiredMounts(["[Unit]\nRequiresMountsFor=/ceph1 /mnt/%i\n", "RequiresMountsFor=/ceph1"], "7"));
    }

    [Fact]
    public void An_osd_of_this_node_is_judged_by_dir_and_unit()
    {
        Assert.Equal(FindingState.Ok, LocalOsdChecks.Judge("3", "/d", null, "active").State);
        Has(FindingState.Failed, "ceph-osd@3 is failed", "systemctl reset-failed ceph-osd@3", LocalOsdChecks.Judge("3", "/d", null, "failed"));
        Has(FindingState.Failed, "/d is empty; ceph-osd@3 is failed", "systemctl restart ceph.target", LocalOsdChecks.Judge("3", "/d", "/d is empty", "failed"));
        Has(FindingState.Warning, "osd.3 runs, but", "findmnt", LocalOsdChecks.Judge("3", "/d", "/d is empty", "active"));
        Assert.Equal(FindingState.Ok, LocalOsdChecks.Judge("3", "/d", null, "unknown").State);
    }

    [Fact]
    public void A_node_without_osds_is_skipped_and_one_with_two_lists_both()
    {
        Assert.Equal([FindingState.Skipped], Run(Path.Combine(_dir, "none")).Select(finding => finding.State));
        foreach (string id in (string[])["0", "12"])
        {
            Directory.CreateDirectory(Path.Combine(_dir, "ceph-" + id));
        }

        Directory.CreateDirectory(Path.Combine(_dir, "ceph-tmp"));
        Assert.Equal(2, Run(_dir).Count(finding => finding.Evidence.Contains("is empty", StringComparison.Ordinal)));
    }

    [Fact]
    public void Without_conf_and_key_every_check_of_the_cluster_is_skipped_but_those_that_say_so()
    {
        DriverConfig config = new() { ConfFile = Path.Combine(_dir, "ceph.conf"), KeyringFile = Path.Combine(_dir, "keyring") };
        IReadOnlyList<Finding> found = CheckRun.Run(ClusterChecks.Of(config), TimeSpan.FromSeconds(30));
        Assert.Contains(found, finding => finding is { Check: "conf", State: FindingState.Failed });
        Assert.Contains(found, finding => finding is { Check: "login", State: FindingState.Skipped });
        Assert.All(found.Where(finding => finding.Check is "caps" or "cluster-health" or "pool" or "osds" or "blocklisted" or "cluster-clock" or "watchers" or "reservations"),
            finding => Assert.Equal((FindingState.Skipped, "not logged in: see login"), (finding.State, finding.Evidence)));
    }

    private static IReadOnlyList<Finding> Run(string folder) => CheckRun.Run([new LocalOsdChecks(folder, folder).OsdsHere], TimeSpan.FromSeconds(10));

    private static void Has(FindingState state, string evidence, string remedy, Finding finding)
    {
        Assert.Equal(state, finding.State);
        Assert.Contains(evidence, finding.Evidence, StringComparison.Ordinal);
        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }
}
