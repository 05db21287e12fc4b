using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Messages;

/// <summary>Each fault an operator can make: the message names the image, the cause and a remedy.</summary>
public sealed class MessageTests(LabFixture lab) : DriverTest(lab)
{
    [Fact]
    public void a_missing_pool()
    {
        string image = NewName();
        NewDriver("admin").Fail(Attach(image, ("pool", "nosuchpool")), $"nosuchpool/{image}", "no pool \"nosuchpool\"", "ceph osd pool create");
    }

    [Fact]
    public void the_key_of_another_user()
    {
        string image = NewName();
        string other = PublishedDriver.ReadKey(Lab.AdminKeyringFile);
        Driver.With("keyringFile", Driver.WriteFile("keyring", $"[client.cephrbd]\n\tkey = {other}\n"));
        NoKey(Driver.Fail(Attach(image), $"hyper/{image}", "client.cephrbd", "key", "ceph auth get client.cephrbd"), other);
    }

    [Fact]
    public void an_unknown_user()
    {
        string image = NewName();
        Driver.With("keyringFile", Driver.WriteFile("keyring", $"[client.nobody]\n\tkey = {Driver.Key}\n"));
        NoKey(Driver.Fail(Attach(image, ("user", "nobody")), $"hyper/{image}", "client.nobody", "ceph auth get client.nobody"), Driver.Key);
    }

    [Theory]
    [InlineData("not*base64")]
    [InlineData("AQAAAAAAAAAAAAAAEAA=")]
    [InlineData("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")]
    public void a_malformed_key_is_refused_without_showing_it(string key)
    {
        string image = NewName();
        Driver.With("keyringFile", Driver.WriteFile("keyring", $"[client.cephrbd]\n\tkey = {key}\n"));
        NoKey(Driver.Fail(Attach(image), $"hyper/{image}", "client.cephrbd", "not a cephx key", "ceph auth get-key"), key);
        NoKey(Driver.Fail(Attach(image, Volume.Secret("key", key)), $"hyper/{image}", "not a cephx key"), key);
    }

    [Fact]
    public void a_missing_keyring()
    {
        string image = NewName();
        string conf = Driver.WriteFile("ceph.conf", ConfWithoutKeyring());
        string missing = Path.Combine(Driver.Dir, "missing.keyring");
        Driver.With("keyringFile", missing).With("confFile", conf);
        Driver.Fail(Attach(image), $"hyper/{image}", "client.cephrbd", missing, "ceph auth get client.cephrbd");
    }

    [Fact]
    public void a_keyring_without_the_user_tells_whom_it_holds()
    {
        string image = NewName();
        Driver.With("keyringFile", Lab.AdminKeyringFile);
        Driver.Fail(Attach(image), $"hyper/{image}", Lab.AdminKeyringFile, "client.cephrbd", "client.admin");
    }

    [Fact]
    public void a_missing_ceph_conf()
    {
        string image = NewName();
        string missing = Path.Combine(Driver.Dir, "missing.conf");
        Driver.With("confFile", missing).Fail(Attach(image), $"hyper/{image}", missing, "monitor");
        Driver.Fail(Attach(image, ("cluster", "nosuchcluster")), $"hyper/{image}", "/etc/ceph/nosuchcluster.conf");
    }

    [Theory]
    [InlineData("[global\nmon_host = 1\n")]
    [InlineData("")]
    [InlineData("[global]\nfsid = 1\n")]
    public void a_ceph_conf_without_sense_or_monitors(string text)
    {
        string image = NewName();
        string conf = Driver.WriteFile("bad.conf", text);
        Driver.With("confFile", conf).With("timeoutSeconds", 5).Fail(Attach(image), $"hyper/{image}", conf);
    }

    [Fact]
    public void a_monitor_that_does_not_answer_ends_within_the_deadline()
    {
        string image = NewName();
        string conf = Driver.WriteFile("dead.conf", "[global]\nmon_host = 127.0.0.1:1\n");
        Driver.With("confFile", conf).With("timeoutSeconds", 6);
        Reply reply = Driver.Fail(Attach(image), $"hyper/{image}", conf, "mon_host");
        Assert.True(reply.Elapsed < Emulation.Limit(6 + 4), $"{reply.Elapsed}");
    }

    [Fact]
    public void a_user_without_rights_is_told_the_caps_it_needs()
    {
        string user = NewName();
        string keyring = Driver.WriteFile("keyring", Ceph("ceph", "auth", "get-or-create", $"client.{user}", "mon", "allow r"));
        try
        {
            Driver.With("keyringFile", keyring).With("user", user);
            string image = CreateImage(64 * MiB);
            Driver.Fail(Attach(image), $"hyper/{image}", $"client.{user}", "ceph auth caps", "profile rbd pool=hyper");
        }
        finally
        {
            Ceph("ceph", "auth", "rm", $"client.{user}");
        }
    }

    [Fact]
    public void a_missing_mkfs_names_tool_and_package_and_writes_nothing()
    {
        string image = NewName();
        Driver.Fail(Attach(image, Volume.FsType("nosuchfs")), $"hyper/{image}", "mkfs.nosuchfs");
        Assert.Equal(0, Watchers(image));
        Assert.Equal("", Blkid(Export(image), "TYPE"));
        Driver.Succeed("attach", Volume.Options(image));
    }

    [Fact]
    public void options_that_mkfs_refuses_show_its_words_and_write_nothing()
    {
        string image = NewName();
        Driver.Fail(Attach(image, ("mkfsOptions", "-O nosuchfeature")), $"hyper/{image}", "mkfs.ext4", "nosuchfeature");
        Assert.Equal("", Blkid(Export(image), "TYPE"));
        Driver.Succeed("attach", Volume.Options(image));
    }

    [Fact]
    public void a_bad_config_fails_all_but_init_and_unmount_with_file_line_and_key()
    {
        File.WriteAllText(Driver.ConfigFile, "{\n  \"timeoutSeconds\": 60,\n  \"pol\": \"hyper\"\n}\n");
        Driver.Fail(Attach("vol1"), Driver.ConfigFile, "line 3", "\"pol\"", "\"pool\"");
        Driver.Fail(["mount", Driver.NewMountDir(), Volume.PodOptions("vol1")], Driver.ConfigFile, "line 3");
        Driver.Succeed("unmount", Driver.NewMountDir());
        File.WriteAllText(Driver.ConfigFile, "{\n  \"timeoutSeconds\": 60\n");
        Driver.Fail(Attach("vol1"), Driver.ConfigFile, "line");
        Driver.Succeed("init");
    }

    [Fact]
    public void an_unknown_option_gets_the_nearest_name()
    {
        Driver.Fail(Attach("vol1", ("volumeSize", "1Gi")), "\"volumeSize\"");
        Driver.Fail(Attach("vol1", ("poool", "hyper")), "\"poool\"", "\"pool\"");
    }

    [Theory]
    [InlineData("volumeID", "a:key=x")]
    [InlineData("volumeID", "a/b")]
    [InlineData("volumeID", "a@snap")]
    [InlineData("volumeID", "a\\b")]
    [InlineData("volumeID", "")]
    [InlineData("volumeID", "-a")]
    [InlineData("pool", "p:mon_host=1.2.3.4")]
    [InlineData("user", "u:key=x")]
    [InlineData("namespace", "n:x")]
    [InlineData("cluster", "../../tmp/evil")]
    [InlineData("mkfsOptions", "-d /etc")]
    [InlineData("size", "much")]
    [InlineData("imageFeatures", "shiny")]
    [InlineData("objectSize", "5Mi")]
    [InlineData("kubernetes.io/fsType", "../bin/sh")]
    [InlineData("kubernetes.io/readwrite", "rx")]
    public void a_value_that_could_do_harm_is_refused_by_its_options_name(string option, string value)
    {
        string name = option == "kubernetes.io/fsType" ? "fsType" : option;
        Driver.Fail(Attach("vol1", (option, value)), name);
    }

    [Fact]
    public void a_key_among_the_options_is_refused_without_showing_it() =>
        NoKey(Driver.Fail(Attach("vol1", ("key", Driver.Key)), "\"key\"", "Secret"), Driver.Key);

    private static string[] Attach(string image, params (string Name, string Value)[] more) =>
        ["attach", Volume.Options(image, [Volume.Size("64Mi"), .. more]), "node1"];

    private static void NoKey(Reply reply, string key) => Assert.DoesNotContain(key, reply.Raw, StringComparison.Ordinal);
}
