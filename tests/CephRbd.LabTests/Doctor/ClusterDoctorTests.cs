using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CephRbd.LabTests.Driving;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Doctor;

/// <summary>What the published driver's doctor says of users, keys, conf files, monitors and images that are not as they should be.</summary>
public sealed class ClusterDoctorTests(LabFixture lab) : DriverTest(lab)
{
    [Fact]
    public void a_wrong_key_is_told_apart_from_everything_else_and_not_repeated_by_each_check()
    {
        string key = LabFixture.Execute("ceph-authtool", ["--gen-print-key"], TimeSpan.FromSeconds(10)).Output.Trim();
        Driver.With("keyringFile", Driver.WriteFile("wrong.keyring", $"[client.cephrbd]\nkey = {key}\n"));
        DoctorRun run = DoctorRun.Of(Driver).Failed("login");
        run.Has("login", "failed", "refused client.cephrbd", "ceph auth get client.cephrbd").Has("keyring", "ok").Has("monitors", "ok");
        foreach (string check in (string[])["caps", "cluster-health", "pool", "osds", "blocklisted", "cluster-clock", "watchers", "reservations"])
        {
            run.Has(check, "skipped", "see login");
        }

        Assert.DoesNotContain(key, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void a_user_that_the_cluster_does_not_know_is_refused()
    {
        Driver.With("user", "nobody").With("keyringFile", Driver.WriteFile("nobody.keyring", $"[client.nobody]\nkey = {Driver.Key}\n"));
        DoctorRun.Of(Driver).Failed("login").Has("login", "failed", "client.nobody", "ceph auth get-or-create client.nobody");
    }

    [Fact]
    public void no_keyring_and_one_of_somebody_else_are_told_with_the_command_that_fetches_it()
    {
        string missing = Path.Combine(Driver.Dir, "none.keyring");
        Driver.With("confFile", Driver.WriteFile("ceph.conf", ConfWithoutKeyring())).With("keyringFile", missing).With("user", "lost");
        DoctorRun.Of(Driver).Failed("keyring").Has("keyring", "failed", missing, "ceph auth get client.lost").Has("login", "skipped", "see keyring");
        Driver.With("keyringFile", Driver.WriteFile("other.keyring", $"[client.other]\nkey = {Driver.Key}\n"));
        DoctorRun.Of(Driver).Failed("keyring").Has("keyring", "failed", "client.other");
        Driver.With("keyringFile", Driver.WriteFile("broken.keyring", "[client.lost]\nkey = AQAAAAAAAAAAAA==\n"));
        DoctorRun.Of(Driver).Failed("keyring").Has("keyring", "failed", "not a cephx key");
    }

    [Fact]
    public void a_keyring_open_to_others_and_a_conf_that_others_write_are_warned_of()
    {
        string keyring = Driver.WriteFile("open.keyring", $"[client.cephrbd]\nkey = {Driver.Key}\n");
        File.SetUnixFileMode(keyring, (UnixFileMode)0x1A4);
        string conf = Driver.WriteFile("ceph.conf", File.ReadAllText(Lab.ConfFile));
        File.SetUnixFileMode(conf, (UnixFileMode)0x1B6);
        Driver.With("keyringFile", keyring).With("confFile", conf);
        DoctorRun.Of(Driver).Failed().Has("keyring", "warning", "0644", $"chmod 0600 {keyring}").Has("conf", "warning", "0666", $"chmod 0644 {conf}");
    }

    [Fact]
    public void a_conf_that_is_missing_broken_or_names_no_monitor_is_one_failure()
    {
        Driver.With("confFile", Path.Combine(Driver.Dir, "none.conf"));
        DoctorRun.Of(Driver).Failed("conf").Has("conf", "failed", "none.conf", "4_distribute_conf.sh").Has("monitors", "skipped", "see conf").Has("login", "skipped", "see conf");
        Driver.With("confFile", Driver.WriteFile("broken.conf", "[global\nmon_host = 127.0.0.1\n"));
        DoctorRun.Of(Driver).Has("conf", "failed", "line 1");
        Driver.With("confFile", Driver.WriteFile("bare.conf", "[global]\nfsid = 00000000-0000-0000-0000-000000000001\n"));
        DoctorRun.Of(Driver).Has("conf", "failed", "no mon_host");
    }

    [Fact]
    public void a_pool_that_is_not_there_is_named_beside_those_that_are()
    {
        DoctorRun.Of(Driver, "--pool", "missing").Failed("pool").Has("pool", "failed", "\"missing\"", "hyper", "ceph osd pool create missing")
            .Has("watchers", "skipped", "see pool").Has("caps", "ok", "see pool");
    }

    [Theory]
    [InlineData("monread", "failed", "list images of pool hyper", "mon", "allow r")]
    [InlineData("readonly", "failed", "write to pool hyper", "mon", "profile rbd", "osd", "allow r pool=hyper")]
    [InlineData("noblocklist", "warning", "blocklist a client", "mon", "allow r", "osd", "allow rwx pool=hyper")]
    [InlineData("elsewhere", "failed", "list images of pool hyper", "mon", "profile rbd", "osd", "profile rbd pool=other")]
    public void too_few_caps_are_named_with_those_that_are_needed(string user, string state, string lacking, params string[] caps)
    {
        ArgumentNullException.ThrowIfNull(caps);
        string keyring = Driver.WriteFile("few.keyring", Ceph("ceph", ["auth", "get-or-create", $"client.{user}", .. caps]));
        try
        {
            Driver.With("user", user).With("keyringFile", keyring);
            DoctorRun run = DoctorRun.Of(Driver).Failed(state == "failed" ? ["caps"] : []);
            run.Has("caps", state, "may not", lacking, $"ceph auth caps client.{user} mon 'profile rbd' osd 'profile rbd pool=hyper'");
        }
        finally
        {
            Ceph("ceph", "auth", "rm", $"client.{user}");
        }
    }

    [Fact]
    public void a_foreign_server_on_a_monitors_port_is_told_by_what_it_says()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        int port = ((IPEndPoint)server.LocalEndpoint).Port;
        _ = Task.Run(async () =>
        {
            for (; ; )
            {
                using Socket client = await server.AcceptSocketAsync();
                await client.SendAsync(Encoding.ASCII.GetBytes("SSH-2.0-elsewhere\r\n"));
                await Task.Delay(50);
            }
        }, TestContext.Current.CancellationToken);
        Monitors($"127.0.0.1:{port}");
        DoctorRun.Of(Driver).Failed("monitors", "login").Has("monitors", "failed", "is not Ceph", "SSH-2.0-elsewhere", $"sport = :{port}").Has("login", "failed", "see monitors");
    }

    [Fact]
    public void one_dead_monitor_of_two_is_a_warning_and_both_are_shown()
    {
        string live = File.ReadLines(Lab.ConfFile).First(line => line.StartsWith("mon_host", StringComparison.Ordinal)).Split('=', 2)[1].Trim();
        Monitors($"{live},127.0.0.1:1");
        DoctorRun.Of(Driver).Failed().Has("monitors", "warning", "1 of 2", "127.0.0.1:1 refuses", "systemctl status ceph-mon@");
    }

    [Fact]
    public void an_image_that_is_open_here_without_a_volume_and_an_old_mark_are_named()
    {
        string image = CreateImage(64 * MiB);
        var mark = new JsonObject { ["fileSystem"] = "ext4", ["uuid"] = "", ["node"] = "elsewhere", ["since"] = "2020-01-02T03:04:05+00:00" };
        Ceph("rbd", "image-meta", "set", Spec(image), "cephrbd.format", mark.ToJsonString());
        using var open = RbdImage.Open(Pool, image, readOnly: false);
        DoctorRun.Of(Driver).Failed().Has("watchers", "warning", Spec(image), "rbd status").Has("reservations", "warning", image, "elsewhere", "2020-01-02");
    }

    [Fact]
    public void a_volume_that_is_mounted_here_is_no_stale_watcher()
    {
        string image = CreateImage(64 * MiB);
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.PodOptions(image));
        using var open = RbdImage.Open(Pool, image, readOnly: false);
        Assert.DoesNotContain($"{Spec(image)} by client", DoctorRun.Of(Driver).Output, StringComparison.Ordinal);
    }

    private void Monitors(string addresses) => Driver.With("confFile", Driver.WriteFile("ceph.conf", string.Concat(File.ReadLines(Lab.ConfFile)
        .Select(line => (line.StartsWith("mon_host", StringComparison.Ordinal) ? $"mon_host = {addresses}" : line) + "\n"))));
}
