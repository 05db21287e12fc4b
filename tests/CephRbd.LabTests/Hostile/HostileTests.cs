using System.Text;
using CephRbd.LabTests.Driving;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Hostile;

/// <summary>Whatever stands in argv, environment or ceph.conf: one JSON object, exit status 0, no key.</summary>
public sealed class HostileTests(LabFixture lab) : DriverTest(lab)
{
    private static readonly string[] _verbs =
    [
        "init", "getvolumename", "attach", "waitforattach", "isattached", "mountdevice", "mount", "unmount", "unmountdevice",
        "detach", "expandvolume", "expandfs", "Mount", "resize", "\u0001", "mount ", "{}",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void three_hundred_generated_calls_each_get_one_reply_without_the_key(int seed)
    {
        Random random = new(seed);
        IReadOnlyList<string> before = RbdImages.List(Pool);
        for (int i = 0; i < 100; i++)
        {
            string[] call = Call(random);
            using DriverProcess process = Driver.Start(call);
            Reply reply = process.Reply();
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Driver.Key)), reply.Raw, StringComparison.Ordinal);
        }

        Assert.Empty(Mounted.Below(Driver.Dir));
        Assert.DoesNotContain(RbdImages.List(Pool).Except(before), name => name.Contains("hostile", StringComparison.Ordinal));
        Assert.True(!File.Exists(Driver.LogFile) || !File.ReadAllText(Driver.LogFile).Contains(Driver.Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--verbos", "attach", "{}")]
    [InlineData("--config=", "attach", "{}")]
    [InlineData("--config=/etc", "attach", "{}")]
    [InlineData("--runtime", "attach", "attach", "{}")]
    [InlineData("--", "attach", "{}")]
    public void a_bad_switch_before_the_verb_is_a_failure(params string[] args) => Driver.Fail(args);

    [Fact]
    public void arguments_that_are_no_utf8_get_a_reply()
    {
        const string Script = """exec "$0" --config "$1" attach $'{"volumeID":"a\xff\xfe","\xc3":"\xed\xa0\x80"}' $'\xff' 2>&1""";
        (int exit, string output, _) = LabFixture.Execute("bash", ["-c", Script, Driver.Binary, Driver.ConfigFile], TimeSpan.FromSeconds(30));
        Assert.Equal(0, exit);
        Assert.Equal("Failure", Reply.Parse(output, TimeSpan.Zero, "attach").Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void logging_to_stderr_that_environment_and_ceph_conf_ask_for_stays_out_of_the_reply(bool inConf)
    {
        Driver.WithEnvironment("CEPH_ARGS", "--log-to-stderr=true --err-to-stderr=true --debug-ms=20 --debug-rados=20 --id=nobody --mon-host=127.0.0.1:1");
        if (inConf)
        {
            const string Noise = "[global]\nlog_to_stderr = true\nerr_to_stderr = true\ndebug_ms = 5\ndebug_rbd = 20\nadmin_socket = /nonexistent/$name.asok\n";
            Driver.With("confFile", Driver.WriteFile("noisy.conf", File.ReadAllText(Lab.ConfFile).Replace("[global]\n", Noise, StringComparison.Ordinal)));
        }

        string dir = Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(NewName(), Volume.Size("64Mi")));
        Driver.Succeed("unmount", dir);
        Driver.Fail(["attach", Volume.Options(NewName())], "does not exist");
    }

    [Fact]
    public void a_closed_stdin_stdout_or_stderr_does_no_harm()
    {
        string options = Volume.Options(CreateImage(64 * MiB));
        string script = $"exec '{Driver.Binary}' --config '{Driver.ConfigFile}' attach '{options}'";
        (int exit, string output, _) = LabFixture.Execute("bash", ["-c", script + " <&- 2>&-"], TimeSpan.FromSeconds(30));
        Assert.Equal((0, "Success"), (exit, Reply.Parse(output, TimeSpan.Zero, "attach").Status));
        (_, output, string errors) = LabFixture.Execute("bash", ["-c", script + " >&-"], TimeSpan.FromSeconds(30));
        Assert.Equal("", output);
        Assert.DoesNotContain(Driver.Key, errors, StringComparison.Ordinal);
        Driver.Succeed("attach", options);
    }

    private string[] Call(Random random)
    {
        string verb = _verbs[random.Next(_verbs.Length)];
        int count = random.Next(6);
        string[] args = [.. Enumerable.Range(0, count).Select(_ => random.Next(3) switch
        {
            0 => Word(random),
            1 => Path.Combine(Driver.Dir, "hostile", Guid.NewGuid().ToString("N")),
            _ => Json(random),
        })];

        // Half of the calls have the right shape, so that they get further than the first check.
        return random.Next(2) == 0 ? [verb, .. args] : verb switch
        {
            "mount" => [verb, Path.Combine(Driver.Dir, "mounts"), Json(random)],
            "unmount" or "unmountdevice" => [verb, Path.Combine(Driver.Dir, "mounts", "x")],
            "mountdevice" => [verb, Word(random), Word(random), Json(random)],
            "waitforattach" => [verb, Word(random), Json(random)],
            "expandvolume" => [verb, Json(random), Word(random), "1073741824", "1"],
            _ => [verb, Json(random)],
        };
    }

    private string Json(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                return new string('[', random.Next(1, 5000));
            case 1:
                return Word(random);
            case 2:
                return "{\"volumeID\":\"hostile\"" + (random.Next(2) == 0 ? "" : ",\"volumeID\":\"x\"}}") + Word(random);
            default:
                StringBuilder json = new("{\"volumeID\":\"hostile" + random.Next(100) + "\"");
                for (int i = random.Next(5); i > 0; i--)
                {
                    json.Append(',').Append(Quoted(Name(random))).Append(':').Append(random.Next(8) == 0 ? "12" : Quoted(Word(random)));
                }

                return json.Append('}').ToString();
        }
    }

    private static string Name(Random random)
    {
        string[] names =
        [
            "pool", "user", "key", "namespace", "fsType", "kubernetes.io/fsType", "kubernetes.io/readwrite", "kubernetes.io/secret/key",
            "kubernetes.io/secret/userKey", "kubernetes.io/secret/userID", "mkfsOptions", "imageFeatures", "objectSize", "cluster", "\u0000", "kubernetes.io/pod.name",
        ];
        return names[random.Next(names.Length)];
    }

    private string Word(Random random) => random.Next(14) switch
    {
        0 => "",
        1 => Driver.Key,
        2 => "x" + Driver.Key + "y",
        3 => Convert.ToBase64String(Encoding.UTF8.GetBytes(Driver.Key)),
        4 => "key = " + Driver.Key,
        5 => Convert.ToBase64String(Encoding.UTF8.GetBytes(Driver.Key + "\n")),
        6 => new string('a', random.Next(1, 100_000)),
        7 => "\n\r\t\u0007\u001b[31m",
        8 => "%s%n$(id)`id`;rm -rf \"'\\",
        9 => "漢字é\U0001F600\u202E",
        10 => "-1",
        11 => "../../../etc/passwd",
        12 => "99999999999999999999999",
        _ => new string([.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => (char)random.Next(1, 0x7f))]),
    };

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
