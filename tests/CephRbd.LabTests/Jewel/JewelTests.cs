using System.Diagnostics;
using System.Text.Json;
using CephRbd.LabTests.Doctor;
using CephRbd.LabTests.Driving;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Jewel;

/// <summary>The published driver with libraries that have the functions of Jewel 10.2.10, and no others.</summary>
public sealed class JewelTests(LabFixture lab, SupportedJewel libraries) : JewelTest(lab, libraries), IClassFixture<SupportedJewel>
{
    private const string CannotTell = "unless it is certain that no other client has it open";

    [Fact]
    public void the_libraries_lack_what_Jewel_lacks_and_the_driver_uses_them()
    {
        string[] exports = JewelLibraries.Exports(Libraries.Rbd);
        Assert.Contains("rbd_create4", exports);
        Assert.Contains("rbd_get_id", exports);
        Assert.DoesNotContain("rbd_watchers_list", exports);
        Assert.DoesNotContain("rbd_watchers_list_cleanup", exports);
        Assert.All(exports, name => Assert.StartsWith("rbd_", name, StringComparison.Ordinal));
        Assert.DoesNotContain("rados_blocklist_add", JewelLibraries.Exports(Libraries.Rados));

        string[] mapped = [];
        using DriverProcess attach = Driver.Start(
            (process, line) => mapped = line.Contains("open pool", StringComparison.Ordinal) ? MappedBy(process.Pid) : mapped,
            ["--verbose", "attach", Volume.Options(CreateImage(64 * MiB))]);
        (int exit, string raw) = attach.Wait();
        Assert.True(exit == 0 && raw.Contains("\"status\":\"Success\"", StringComparison.Ordinal), raw);
        Assert.Contains(Libraries.Rados, mapped);
        Assert.Contains(Libraries.Rbd, mapped);
        Assert.DoesNotContain(mapped, path => path.StartsWith("/usr/", StringComparison.Ordinal)
            && Path.GetFileName(path) is var file && (file.StartsWith("librados.so", StringComparison.Ordinal) || file.StartsWith("librbd.so", StringComparison.Ordinal)));
    }

    [Fact]
    public void the_doctor_asks_all_but_the_watchers()
    {
        CreateImage(64 * MiB);

        // Not "blocklisted": other tests have clients of this node fenced.
        DoctorRun.Of(Driver).Failed().Has("login", "ok").Has("caps", "ok", "write to pool hyper").Has("pool", "ok", "active+clean").Has("osds", "ok")
            .Has("watchers", "skipped", "13.2");
    }

    [Fact]
    public void libraries_that_many_threads_use_first_at_the_same_time_stay_loaded()
    {
        // Unlike Ceph's own, these are unloaded when nobody holds them any more.
        Parallel.ForEach(Enumerable.Range(0, 120), new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => DoctorRun.Of(Driver).Has("login", "ok"));
    }

    [Theory]
    [InlineData("ext4", "64Mi")]
    [InlineData("xfs", "512Mi")]
    public void a_volume_goes_its_whole_way(string fsType, string size) => TakeTheWholeWay(fsType, size);

    [Theory]
    [InlineData(1UL)]
    [InlineData(61UL)]
    public void before_an_image_of_somebody_elses_is_formatted_rbd_is_asked_who_has_it_open(ulong features)
    {
        string image = CreateImage(64 * MiB, features);
        Driver.Succeed("attach", Volume.Options(image));
        CheckFileSystem(Export(image), "ext4");
        HasNoMark(image);
        Assert.Equal(2, RbdCalls.Length);
        string call = RbdCalls[0];
        Assert.StartsWith($"status --pool hyper --image {image} --format json -c {Lab.ConfFile} --id cephrbd --keyring /proc/", call, StringComparison.Ordinal);
        Assert.DoesNotContain(Driver.Key, call, StringComparison.Ordinal);

        Driver.Succeed("attach", Volume.Options(image));
        Assert.Equal(3, RbdCalls.Length);
    }

    [Fact]
    public void a_blank_image_that_somebody_has_open_is_not_formatted()
    {
        string image = CreateImage(64 * MiB, 61);
        Driver.With("timeoutSeconds", 6);
        using (RbdImage.Open(Pool, image, readOnly: false))
        {
            Driver.Fail(["attach", Volume.Options(image)], $"hyper/{image}", $"another client has it open: client.{Cluster.InstanceId} at ", "rbd status");
        }

        IsBlank(image);
        Driver.With("timeoutSeconds", 60).Succeed("attach", Volume.Options(image));
    }

    [Fact]
    public void a_client_that_goes_away_meanwhile_is_waited_for()
    {
        string image = CreateImage(64 * MiB, 61);
        DriverProcess process;
        using (RbdImage.Open(Pool, image, readOnly: false))
        {
            process = Driver.Start("attach", Volume.Options(image));
            for (var watch = Stopwatch.StartNew(); RbdCalls.Length < 2; Thread.Sleep(50))
            {
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "rbd was not asked twice");
            }
        }

        using (process)
        {
            Reply reply = process.Reply();
            Assert.True(reply.Status == "Success", reply.Raw);
        }

        CheckFileSystem(Export(image), "ext4");
    }

    [Fact]
    public void rbd_gets_the_key_of_the_pods_secret()
    {
        Driver.With("keyringFile", Path.Combine(Driver.Dir, "absent")).With("confFile", Driver.WriteFile("ceph.conf", ConfWithoutKeyring()));
        string image = CreateImage(64 * MiB);
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.PodOptions(image, Volume.Secret("key", Driver.Key)));
        Assert.NotEmpty(RbdCalls);
        Assert.All(RbdCalls, call => Assert.DoesNotContain(Driver.Key, call, StringComparison.Ordinal));
        foreach (string file in Directory.EnumerateFiles(Driver.RunDir, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            Assert.True(Path.GetFileName(file) == "hyper-flexvolume.json" || !File.ReadAllText(file).Contains(Driver.Key, StringComparison.Ordinal), $"the key lies in {file}");
        }
    }

    [Theory]
    [InlineData("echo 'Watchers: none'", "Watchers: none")]
    [InlineData("echo '{}'", "{}")]
    [InlineData(":", "(0)")]
    [InlineData("echo 'rbd: show status failed: (2) No such file or directory' >&2; exit 2", "(2): rbd: show status failed")]
    [InlineData("echo '{\"watchers\":{}}'; exit 1", "(1)")]
    public void an_image_is_not_formatted_when_rbd_does_not_tell(string script, string words)
    {
        ReplaceRbd("#!/bin/sh\n" + script + "\n");
        string image = CreateImage(64 * MiB);
        Driver.Fail(["attach", Volume.Options(image)], $"hyper/{image}", CannotTell, "/rbd status did not tell it", words);
        IsBlank(image);
    }

    [Fact]
    public void an_rbd_that_hangs_ends_with_the_call()
    {
        ReplaceRbd("#!/bin/sh\nexec sleep 600\n");
        string image = CreateImage(64 * MiB);
        Reply reply = Driver.With("timeoutSeconds", 5).Fail(["attach", Volume.Options(image)], $"hyper/{image}", "no end within 5 s", "rbd status");
        Assert.True(reply.Elapsed < TimeSpan.FromSeconds(9), $"{reply.Elapsed}");
        IsBlank(image);
    }

    [Fact]
    public void the_caps_for_Jewel_suffice()
    {
        string user = "jewel-" + NewName();
        string keyring = Path.Combine(Driver.Dir, "keyring");
        Ceph("ceph", "auth", "get-or-create", "client." + user, "mon", "allow r, allow command \"osd blocklist\"", "osd", "allow class-read object_prefix rbd_children, allow rwx pool=hyper", "-o", keyring);
        try
        {
            Driver.With("user", user).With("keyringFile", keyring);
            string image = CreateImage(64 * MiB, 61);
            Driver.Succeed("attach", Volume.Options(image));
            Assert.NotEmpty(RbdCalls);
            Assert.All(RbdCalls, call => Assert.Contains("--id " + user, call, StringComparison.Ordinal));
            CheckFileSystem(Export(image), "ext4");
        }
        finally
        {
            Ceph("ceph", "auth", "rm", "client." + user);
        }
    }

    [Fact]
    public void a_blank_image_in_a_namespace_is_left_alone_where_rbd_knows_none()
    {
        string ns = "ns" + NewName();
        Ceph("rbd", "namespace", "create", $"hyper/{ns}");
        try
        {
            Ceph("rbd", "create", "--size", "64M", $"hyper/{ns}/vol1");
            Driver.Fail(["attach", Volume.Options("vol1", ("namespace", ns))], $"hyper/{ns}/vol1", CannotTell, "unrecognised option '--namespace'");
            IsBlank($"hyper/{ns}/vol1");
        }
        finally
        {
            Lab.Run("rbd", "rm", "--no-progress", $"hyper/{ns}/vol1");
            Ceph("rbd", "namespace", "rm", $"hyper/{ns}");
        }
    }

    [Fact]
    public void without_rbd_only_images_that_the_call_created_are_formatted()
    {
        string image = CreateImage(64 * MiB);
        string raw = CallWithoutRbd("attach", Volume.Options(image));
        Assert.Contains("\"status\":\"Failure\"", raw, StringComparison.Ordinal);
        Assert.Contains(CannotTell, raw, StringComparison.Ordinal);
        Assert.Contains("apt install ceph-common", raw, StringComparison.Ordinal);
        IsBlank(image);

        string created = NewName();
        Assert.Contains("\"status\":\"Success\"", CallWithoutRbd("attach", Volume.Options(created, Volume.Size("64Mi"))), StringComparison.Ordinal);
        CheckFileSystem(Export(created), "ext4");
        Assert.Contains("\"status\":\"Success\"", CallWithoutRbd("attach", Volume.Options(created)), StringComparison.Ordinal);

        // Nor is an image given to a writer when nobody can tell who else has it.
        string refused = CallWithoutRbd("mount", Driver.NewMountDir(), Volume.PodOptions(created));
        Assert.Contains("is not given to a writer unless it is certain that no other has it", refused, StringComparison.Ordinal);
        Assert.Contains("apt install ceph-common", refused, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"Success\"", CallWithoutRbd("mount", Driver.NewMountDir(), Volume.PodOptions(created, Volume.ReadOnly)), StringComparison.Ordinal);
    }

    [Fact]
    public void status_shows_who_rbd_says_has_an_image_open()
    {
        string image = NewName();
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.PodOptions(image, Volume.Size("64Mi")));
        using (RbdImage.Open(Pool, image, readOnly: false))
        {
            Assert.StartsWith($"client.{Cluster.InstanceId} at ", Assert.Single(StatusOf(image).GetProperty("watchers").EnumerateArray()).GetString(), StringComparison.Ordinal);
        }

        Assert.Empty(StatusOf(image).GetProperty("watchers").EnumerateArray());
        ReplaceRbd("#!/bin/sh\nexit 1\n");
        Assert.Equal(JsonValueKind.Null, StatusOf(image).GetProperty("watchers").ValueKind);
        using DriverProcess process = Driver.Start("status");
        Assert.Contains("watcher   unknown: this node's librbd can't list the clients", process.Wait().Raw, StringComparison.Ordinal);
    }

    [Fact]
    public void refusals_name_their_cause()
    {
        Driver.Fail(["attach", Volume.Options(NewName())], "does not exist");
        Driver.Fail(["attach", Volume.Options("vol1", ("pool", "nosuchpool"), Volume.Size("64Mi"))], "nosuchpool");
        string other = PublishedDriver.ReadKey(Lab.AdminKeyringFile);
        Reply wrong = Driver.Fail(["mount", Driver.NewMountDir(), Volume.PodOptions("vol1", Volume.Secret("key", other))], "the cluster refused client.cephrbd");
        Assert.DoesNotContain(other, wrong.Raw, StringComparison.Ordinal);
        Driver.Succeed("isattached", Volume.Options(CreateImage(64 * MiB)));
    }

    private static string[] MappedBy(int pid) =>
        [.. File.ReadLines($"/proc/{pid}/maps").Where(line => line.Contains('/', StringComparison.Ordinal)).Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..]).Distinct()];

    private string CallWithoutRbd(params string[] args)
    {
        string empty = Directory.CreateDirectory(Path.Combine(Driver.Dir, "empty")).FullName;
        (int exit, string output, string errors) = LabFixture.Execute(
            JewelLibraries.Script("without-rbd.sh"),
            [empty, "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin", $"LD_LIBRARY_PATH={Path.GetDirectoryName(Libraries.Rbd)}", $"CEPHRBD_CONFIG={Driver.ConfigFile}", Driver.Binary, .. args],
            TimeSpan.FromSeconds(75));
        Assert.True(exit == 0 && errors.Length == 0, $"{exit}: {errors}");
        return output;
    }

    private JsonElement StatusOf(string image)
    {
        using DriverProcess process = Driver.Start("status", "--json");
        using var json = JsonDocument.Parse(process.Wait().Raw);
        return json.RootElement.GetProperty("volumes").EnumerateArray().Single(volume => volume.GetProperty("name").GetString() == image).Clone();
    }
}
