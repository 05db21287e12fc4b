using System.Text;
using CephRbd.Driver.Config;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;
using Moq;

namespace CephRbd.UnitTests.Protocol;

public class DispatcherTests
{
    private const string Json = """{"volumeID":"vol1","pool":"p"}""";

    private readonly Mock<IVolumeRuntime> _runtime = new(MockBehavior.Strict);

    [Fact]
    public void Getvolumename_is_the_image()
    {
        Reply reply = Dispatch("getvolumename", Json);
        Assert.Equal((ReplyStatus.Success, "p/vol1"), (reply.Status, reply.VolumeName));
    }

    [Theory]
    [InlineData("node1")]
    [InlineData(null)]
    public void Attach_hands_on_volume_and_node(string? node)
    {
        _runtime.Setup(r => r.Attach(Volume(), node)).Returns("rbd:x");
        Reply reply = node is null ? Dispatch("attach", Json) : Dispatch("attach", Json, node);
        Assert.Equal(Reply.Success with { Device = "rbd:x" }, reply);
    }

    [Fact]
    public void Waitforattach_hands_on_device_and_volume()
    {
        _runtime.Setup(r => r.WaitForAttach("dev", Volume())).Returns("rbd:x");
        Assert.Equal(Reply.Success with { Device = "rbd:x" }, Dispatch("waitforattach", "dev", Json));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Isattached_answers_what_the_runtime_says(bool attached)
    {
        _runtime.Setup(r => r.IsAttached(Volume(), "n")).Returns(attached);
        Assert.Equal(Reply.Success with { Attached = attached }, Dispatch("isattached", Json, "n"));
    }

    [Fact]
    public void Mountdevice_hands_on_dir_device_and_volume()
    {
        _runtime.Setup(r => r.MountDevice("/dir", "dev", Volume()));
        Assert.Equal(Reply.Success, Dispatch("mountdevice", "/dir", "dev", Json));
        _runtime.VerifyAll();
    }

    [Fact]
    public void Mount_hands_on_dir_and_volume()
    {
        _runtime.Setup(r => r.Mount("/dir", Volume()));
        Assert.Equal(Reply.Success, Dispatch("mount", "/dir", Json));
        _runtime.VerifyAll();
    }

    [Fact]
    public void Unmount_hands_on_the_dir()
    {
        _runtime.Setup(r => r.Unmount("/dir"));
        Assert.Equal(Reply.Success, Dispatch("unmount", "/dir"));
        _runtime.VerifyAll();
    }

    [Fact]
    public void Unmountdevice_hands_on_the_dir()
    {
        _runtime.Setup(r => r.UnmountDevice("/dir"));
        Assert.Equal(Reply.Success, Dispatch("unmountdevice", "/dir"));
        _runtime.VerifyAll();
    }

    [Theory]
    [InlineData("node1")]
    [InlineData(null)]
    public void Detach_hands_on_name_and_node(string? node)
    {
        _runtime.Setup(r => r.Detach("pv1", node));
        Assert.Equal(Reply.Success, node is null ? Dispatch("detach", "pv1") : Dispatch("detach", "pv1", node));
        _runtime.VerifyAll();
    }

    [Fact]
    public void Expandvolume_hands_on_the_new_size_and_answers_the_real_one()
    {
        _runtime.Setup(r => r.ExpandVolume(Volume(), 2048)).Returns(4096);
        Assert.Equal(Reply.Success with { VolumeNewSize = 4096 }, Dispatch("expandvolume", Json, "/dir", "2048", "1024"));
    }

    [Fact]
    public void Expandfs_hands_on_device_and_dir()
    {
        _runtime.Setup(r => r.ExpandFileSystem(Volume(), "dev", "/dir"));
        Assert.Equal(Reply.Success, Dispatch("expandfs", Json, "dev", "/dir", "2048", "1024"));
        _runtime.VerifyAll();
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData(" 1")]
    [InlineData("1Gi")]
    [InlineData("9223372036854775808")]
    public void New_bytes_must_be_a_size(string bytes)
    {
        Failed("new-bytes", Dispatch("expandvolume", Json, "/dir", bytes, "1"));
        Failed("new-bytes", Dispatch("expandfs", Json, "dev", "/dir", bytes, "1"));
    }

    [Fact]
    public void Every_verb_refuses_each_wrong_count_with_its_usage()
    {
        foreach (Verb verb in Verb.All)
        {
            foreach (int count in Enumerable.Range(0, 8).Where(count => !verb.Accepts(count)))
            {
                Failed(verb.Usage, Dispatch([verb.Name, .. Enumerable.Repeat(Json, count)]));
            }
        }
    }

    [Theory]
    [InlineData("takes 1 argument, got 0", "unmount")]
    [InlineData("takes 2 arguments, got 1", "mount", "/dir")]
    [InlineData("takes 1 to 2 arguments, got 0", "attach")]
    public void A_wrong_count_is_told_in_numbers(string words, params string[] args) => Failed(words, Dispatch(args));

    [Fact]
    public void An_unknown_verb_is_not_supported()
    {
        Reply reply = Dispatch("resize", "/dir");
        Assert.Equal(ReplyStatus.NotSupported, reply.Status);
        Assert.Contains("\"resize\"", reply.Message, StringComparison.Ordinal);
        Assert.True(Dispatch(new string('x', 5000)).Message!.Length < 100);
    }

    [Fact]
    public void A_wrong_switch_is_a_failure_even_for_an_unknown_verb() =>
        Failed("--what", Dispatch("--what", "resize"));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"volumeID":"a/b"}""")]
    public void Bad_options_are_a_failure(string json) => Failed("cephrbd mount: ", Dispatch("mount", "/dir", json));

    [Fact]
    public void A_failure_names_verb_and_reason()
    {
        _runtime.Setup(r => r.Unmount("/dir")).Throws(new VolumeException("it is busy"));
        Assert.Equal(Reply.Failure("cephrbd unmount: it is busy"), Dispatch("unmount", "/dir"));
    }

    [Fact]
    public void An_unexpected_exception_is_a_failure_with_its_type_and_the_image()
    {
        _runtime.Setup(r => r.Mount("/dir", Volume())).Throws(new InvalidCastException("odd"));
        Assert.Equal(
            Reply.Failure("cephrbd mount: image p/vol1: unexpected InvalidCastException: odd. Please report this"),
            Dispatch("mount", "/dir", Json));
    }

    [Fact]
    public void No_key_leaves_in_a_message_and_the_message_is_one_line()
    {
        string secret = Convert.ToBase64String(Encoding.UTF8.GetBytes(Hostile.Key));
        _runtime.Setup(r => r.Mount("/dir", It.IsAny<VolumeSpec>()))
            .Throws(new InvalidOperationException($"a tool said:\n\tkey={Hostile.Key}\r\nargv {secret} and {Uri.EscapeDataString(Hostile.Key)}"));
        Reply reply = Dispatch("mount", "/dir", $$"""{"volumeID":"v","kubernetes.io/secret/key":"{{secret}}"}""");
        Failed("InvalidOperationException: a tool said: key=***", reply);
        Assert.DoesNotContain(Hostile.Key[..12], reply.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(secret[..12], reply.Message, StringComparison.Ordinal);
        Assert.Equal(-1, reply.Message!.IndexOfAny(['\n', '\r', '\t']));
    }

    [Fact]
    public void A_secret_that_is_no_key_is_blanked_too()
    {
        _runtime.Setup(r => r.Mount("/dir", It.IsAny<VolumeSpec>())).Throws(new VolumeException("refused: correct horse"));
        string secret = Convert.ToBase64String("correct horse"u8);
        Assert.Equal(
            Reply.Failure("cephrbd mount: image hyper/v: refused: ***"),
            Dispatch("mount", "/dir", $$"""{"volumeID":"v","kubernetes.io/secret/key":"{{secret}}"}"""));
    }

    [Fact]
    public void Init_answers_the_runtimes_capabilities()
    {
        var capabilities = new Capabilities(true, true, false, true, false);
        _runtime.SetupGet(r => r.Capabilities).Returns(capabilities);
        Assert.Equal(Reply.Success with { Capabilities = capabilities }, Dispatch("init"));
    }

    [Fact]
    public void Init_succeeds_with_a_bad_config_and_says_what_is_wrong()
    {
        Reply reply = new Dispatcher(() => throw new ConfigException("line 3 is odd"), _ => _runtime.Object).Dispatch(CommandLine.Parse(["init"]));
        Assert.Equal(Reply.Success with { Capabilities = Capabilities.MountOnly, Message = "line 3 is odd" }, reply);
    }

    [Fact]
    public void Init_succeeds_where_the_runtime_is_not_to_be_had()
    {
        Reply reply = new Dispatcher(() => new DriverConfig(), _ => throw new VolumeException("no such runtime")).Dispatch(CommandLine.Parse(["init"]));
        Assert.Equal(Reply.Success with { Capabilities = Capabilities.MountOnly, Message = "no such runtime" }, reply);
    }

    [Fact]
    public void A_bad_config_fails_every_verb_that_prepares_something()
    {
        var dispatcher = new Dispatcher(() => throw new ConfigException("line 3 is odd"), _ => _runtime.Object);
        foreach (Verb verb in Verb.All.Where(verb => verb.Name is not ("init" or "unmount" or "unmountdevice" or "detach")))
        {
            Failed("line 3 is odd", dispatcher.Dispatch(CommandLine.Parse([verb.Name, .. Enumerable.Repeat(Json, verb.Arguments.Length)])));
        }
    }

    [Fact]
    public void What_takes_things_away_works_with_a_bad_config()
    {
        _runtime.Setup(r => r.Unmount("/dir"));
        _runtime.Setup(r => r.UnmountDevice("/dir"));
        _runtime.Setup(r => r.Detach("pv1", null));
        var dispatcher = new Dispatcher(() => throw new ConfigException("line 3 is odd"), _ => _runtime.Object);
        Assert.Equal(Reply.Success, dispatcher.Dispatch(CommandLine.Parse(["unmount", "/dir"])));
        Assert.Equal(Reply.Success, dispatcher.Dispatch(CommandLine.Parse(["unmountdevice", "/dir"])));
        Assert.Equal(Reply.Success, dispatcher.Dispatch(CommandLine.Parse(["detach", "pv1"])));
        _runtime.VerifyAll();
    }

    [Fact]
    public void The_volume_is_told_before_the_work_begins()
    {
        var told = new List<string>();
        _runtime.Setup(r => r.Mount("/dir", Volume())).Callback(() => Assert.Equal(["p/vol1"], told));
        var dispatcher = new Dispatcher(() => new DriverConfig(), _ => _runtime.Object) { SpecKnown = spec => told.Add(spec.ImageSpec) };
        Assert.Equal(Reply.Success, dispatcher.Dispatch(CommandLine.Parse(["mount", "/dir", Json])));
        Assert.Equal("p/vol1", dispatcher.Spec?.ImageSpec);
    }

    [Fact]
    public void The_configs_pool_is_the_default()
    {
        var dispatcher = new Dispatcher(() => new DriverConfig { Pool = "other" }, _ => _runtime.Object);
        Assert.Equal("other/v", dispatcher.Dispatch(CommandLine.Parse(["getvolumename", """{"volumeID":"v"}"""])).VolumeName);
    }

    private static VolumeSpec Volume() => It.Is<VolumeSpec>(spec => spec.ImageSpec == "p/vol1");

    private static void Failed(string words, Reply reply)
    {
        Assert.Equal(ReplyStatus.Failure, reply.Status);
        Assert.Contains(words, reply.Message, StringComparison.Ordinal);
    }

    private Reply Dispatch(params string[] args) =>
        new Dispatcher(() => new DriverConfig(), _ => _runtime.Object).Dispatch(CommandLine.Parse(args));
}
