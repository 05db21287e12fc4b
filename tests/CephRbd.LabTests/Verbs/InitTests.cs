using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Verbs;

public sealed class InitTests(LabFixture lab) : DriverTest(lab)
{
    [Fact]
    public void init_tells_all_five_capabilities()
    {
        Reply reply = Driver.Succeed("init");
        Assert.Equal(
            """{"status":"Success","capabilities":{"attach":false,"fsGroup":false,"selinuxRelabel":false,"supportsMetrics":false,"requiresFSResize":false}}""" + "\n",
            reply.Raw);
    }

    [Fact]
    public void init_needs_neither_config_nor_ceph_conf_nor_a_monitor()
    {
        Driver.With("confFile", "/nonexistent/ceph.conf").Succeed("init");
        File.Delete(Driver.ConfigFile);
        Driver.Succeed("init");
    }

    [Fact]
    public void init_succeeds_with_a_bad_config_and_says_what_is_wrong_with_it()
    {
        File.WriteAllText(Driver.ConfigFile, "{\n  \"pool\": \"hyper\",\n  \"timeoutSecond\": 5\n}\n");
        Reply reply = Driver.Succeed("init");
        Assert.Contains($"{Driver.ConfigFile} line 3", reply.Message, StringComparison.Ordinal);
        Assert.Contains("\"timeoutSecond\"", reply.Message, StringComparison.Ordinal);
        Assert.Contains("\"timeoutSeconds\"", reply.Message, StringComparison.Ordinal);
        Assert.False(reply.Json.GetProperty("capabilities").GetProperty("attach").GetBoolean());
    }

    [Theory]
    [InlineData("init", "x")]
    [InlineData("getvolumename")]
    [InlineData("getvolumename", "{}", "x")]
    [InlineData("attach")]
    [InlineData("attach", "{}", "node", "x")]
    [InlineData("waitforattach", "rbd:hyper/a")]
    [InlineData("waitforattach", "rbd:hyper/a", "{}", "x")]
    [InlineData("isattached")]
    [InlineData("isattached", "{}", "node", "x")]
    [InlineData("mountdevice", "/d", "rbd:hyper/a")]
    [InlineData("mountdevice", "/d", "rbd:hyper/a", "{}", "x")]
    [InlineData("mount", "/d")]
    [InlineData("mount", "/d", "{}", "x")]
    [InlineData("unmount")]
    [InlineData("unmount", "/d", "x")]
    [InlineData("unmountdevice")]
    [InlineData("unmountdevice", "/d", "x")]
    [InlineData("detach")]
    [InlineData("detach", "v", "node", "x")]
    [InlineData("expandvolume", "{}", "/d", "2")]
    [InlineData("expandvolume", "{}", "/d", "2", "1", "x")]
    [InlineData("expandfs", "{}", "rbd:hyper/a", "/d", "2")]
    [InlineData("expandfs", "{}", "rbd:hyper/a", "/d", "2", "1", "x")]
    public void a_wrong_number_of_arguments_fails_and_says_what_was_expected(params string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        Driver.Fail(args, $"got {args.Length - 1}", $"cephrbd {args[0]}");
    }

    [Fact]
    public void an_unknown_verb_is_not_supported()
    {
        Reply reply = Driver.Call("resize", "{}");
        Assert.Equal("Not supported", reply.Status);
        Assert.Contains("\"resize\"", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void the_volumes_name_is_its_image() =>
        Assert.Equal("hyper/vol1", Driver.Succeed("getvolumename", Volume.Options("vol1")).Json.GetProperty("volumeName").GetString());

    [Fact]
    public void device_verbs_have_nothing_to_do_on_the_node()
    {
        string options = Volume.Options("no-such-image");
        Driver.Succeed("mountdevice", Driver.NewMountDir(), "rbd:hyper/no-such-image", options);
        Driver.Succeed("unmountdevice", Driver.NewMountDir());
        Driver.Succeed("detach", "pv1", "node1");
        Driver.Succeed("detach", "pv1");
        Driver.Fail(["expandfs", options, "rbd:hyper/no-such-image", "/d", "2", "1"], "hyper/no-such-image", "resize2fs");
    }

    [Fact]
    public void runtime_host_tells_kubelet_what_it_does_on_the_node()
    {
        JsonElement capabilities = Driver.With("runtime", "host").Succeed("init").Json.GetProperty("capabilities");
        Assert.False(capabilities.GetProperty("attach").GetBoolean());
        foreach (string name in (string[])["fsGroup", "selinuxRelabel", "supportsMetrics", "requiresFSResize"])
        {
            Assert.True(capabilities.GetProperty(name).GetBoolean(), name);
        }

        Assert.True(Driver.With("attach", true).Succeed("init").Json.GetProperty("capabilities").GetProperty("attach").GetBoolean());
    }

    [Fact]
    public void runtime_host_does_nothing_for_other_nodes_and_for_what_is_not_there()
    {
        PublishedDriver driver = Driver.With("runtime", "host").With("stagingDir", Path.Combine(Driver.Dir, "staging"));
        Assert.Equal("rbd:hyper/vol1", driver.Succeed("attach", Volume.Options("vol1"), "some-other-node").Json.GetProperty("device").GetString());
        driver.Succeed("detach", "pv1");
        driver.Succeed("unmount", driver.NewMountDir());
        driver.Fail(["mount", driver.NewMountDir(), Volume.Options("no-such-image")], "hyper/no-such-image", "does not exist");
        Assert.False(Directory.Exists(Path.Combine(Driver.Dir, "staging")) && Directory.EnumerateFileSystemEntries(Path.Combine(Driver.Dir, "staging")).Any());
    }
}
