using System.Text;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Config;

public class ConfigReaderTests
{
    private const string Path = "/etc/cephrbd/config.json";

    [Theory]
    [InlineData("{}")]
    [InlineData("\uFEFF{ /* nothing */ } // yet")]
    public void Nothing_set_gives_the_defaults(string text)
    {
        DriverConfig config = Parse(text);
        Assert.Equal(new DriverConfig(), config);
        Assert.Equal((RuntimeKind.Hyper, "hyper", "admin"), (config.Runtime, config.Pool, config.User));
        Assert.Equal(("/etc/ceph/ceph.conf", null, 60), (config.ConfFile, config.KeyringFile, config.TimeoutSeconds));
        Assert.Equal(("/var/log/cephrbd/cephrbd.log", LogLevel.Information), (config.LogFile, config.LogLevel));
        Assert.Equal((10L << 20, 5, TagStorage.Tmpfs), (config.LogMaxBytes, config.LogFilesKept, config.TagStorage));
        Assert.Equal(("/run/cephrbd", "/var/lib/cephrbd/scratch"), (config.RunDir, config.ScratchDir));
        Assert.Equal((null, null, 64), (config.ImageFeatures, config.ObjectSize, config.WriteParallelism));
        Assert.Equal((false, MapperKind.Auto, null, null), (config.Attach, config.Mapper, config.MountOptions, config.NodeName));
        Assert.Equal(("/var/lib/cephrbd/mounts", 0, false), (config.StagingDir, config.OsdRequestTimeoutSeconds, config.ForceUnmap));
    }

    [Fact]
    public void Every_key_is_read()
    {
        DriverConfig config = Parse(
            """
            {
              // who runs the pods
              "runtime": "Host", "pool": "rbd", "user": "client.k8s",
              "confFile": "/c", "keyringFile": "/k", "timeoutSeconds": 5,
              "logFile": "/l", "logLevel": "WARNING", "logMaxBytes": "1Mi", "logFilesKept": 0,
              "tagStorage": "directory", "runDir": "/r", "scratchDir": "/s",
              "imageFeatures": 61, "objectSize": 8388608, /* 8 MiB */
              "writeParallelism": 256,
              "reservationSeconds": 60,
              "attach": true, "mapper": "KRBD", "mountOptions": "noatime,discard", "nodeName": "node-1.site.a",
              "stagingDir": "/m", "osdRequestTimeoutSeconds": 3600, "forceUnmap": true,
            }
            """);
        Assert.Equal(
            new DriverConfig
            {
                Runtime = RuntimeKind.Host,
                Pool = "rbd",
                User = "k8s",
                ConfFile = "/c",
                KeyringFile = "/k",
                TimeoutSeconds = 5,
                LogFile = "/l",
                LogLevel = LogLevel.Warning,
                LogMaxBytes = 1 << 20,
                LogFilesKept = 0,
                TagStorage = TagStorage.Directory,
                RunDir = "/r",
                ScratchDir = "/s",
                ImageFeatures = 61,
                ObjectSize = 8 << 20,
                WriteParallelism = 256,
                ReservationSeconds = 60,
                Attach = true,
                Mapper = MapperKind.Krbd,
                MountOptions = "noatime,discard",
                NodeName = "node-1.site.a",
                StagingDir = "/m",
                OsdRequestTimeoutSeconds = 3600,
                ForceUnmap = true,
            },
            config);
    }

    [Fact]
    public void Null_means_the_librarys_or_the_users_own()
    {
        Assert.Equal(new DriverConfig(), Parse("""{"mountOptions":null,"nodeName":null,"keyringFile":null,"imageFeatures":null,"objectSize":null}"""));
        Assert.Equal(5UL, Parse("""{"imageFeatures":"layering,exclusive-lock"}""").ImageFeatures);
        Assert.Equal(4UL << 20, Parse("""{"objectSize":"4Mi"}""").ObjectSize);
    }

    [Theory]
    [InlineData("{\n\n\n\"poool\": \"x\"}", "/etc/cephrbd/config.json line 4: unknown key \"poool\"; did you mean \"pool\"?")]
    [InlineData("", "/etc/cephrbd/config.json: the configuration is empty, as after a save that was cut off. Put its content back; for the defaults write {}")]
    [InlineData("\uFEFF \r\n\t", "the configuration is empty")]
    [InlineData("{\n\"monitors\": []}", "line 2: unknown key \"monitors\"; the keys are runtime, pool")]
    [InlineData("{\"pool\":\"a\",\n\"pool\":\"b\"}", "line 2: the key \"pool\" is given twice")]
    [InlineData("{\n\"pool\": 1}", "line 2: \"pool\" is a number, but must be a text")]
    [InlineData("{\"pool\": true}", "line 1: \"pool\" is a boolean")]
    [InlineData("{\"pool\": null}", "\"pool\" is null")]
    [InlineData("{\"pool\": {}}", "\"pool\" must be a single value")]
    [InlineData("{\"pool\": [1,2]}", "\"pool\" must be a single value")]
    [InlineData("{\"pool\": \"a:b\"}", "\"pool\" holds \":\"")]
    [InlineData("{\"user\": \"client.\"}", "\"user\" is empty")]
    [InlineData("{\"user\": \"client.-x\"}", "\"user\" starts with")]
    [InlineData("{\"runtime\": \"docker\"}", "\"runtime\" is \"docker\", but must be one of \"hyper\", \"host\"")]
    [InlineData("{\"logLevel\": \"loud\"}", "one of \"debug\", \"information\", \"warning\", \"error\"")]
    [InlineData("{\"tagStorage\": \"disk\"}", "one of \"tmpfs\", \"directory\"")]
    [InlineData("{\"timeoutSeconds\": 4}", "\"timeoutSeconds\" must be a whole number from 5 to 3600")]
    [InlineData("{\"timeoutSeconds\": 3601}", "from 5 to 3600")]
    [InlineData("{\"timeoutSeconds\": 60.5}", "from 5 to 3600")]
    [InlineData("{\"timeoutSeconds\": -1}", "from 5 to 3600")]
    [InlineData("{\"timeoutSeconds\": 1e99}", "from 5 to 3600")]
    [InlineData("{\"timeoutSeconds\": \"60\"}", "\"timeoutSeconds\" is a text, but must be a number")]
    [InlineData("{\"writeParallelism\": 0}", "from 1 to 256")]
    [InlineData("{\"writeParallelism\": 257}", "from 1 to 256")]
    [InlineData("{\"reservationSeconds\": -1}", "from 0 to 86400")]
    [InlineData("{\"reservationSeconds\": 86401}", "from 0 to 86400")]
    [InlineData("{\"logMaxBytes\": 1}", "from 64 KiB to 1 TiB")]
    [InlineData("{\"logMaxBytes\": \"x\"}", "from 64 KiB to 1 TiB")]
    [InlineData("{\"logMaxBytes\": false}", "\"logMaxBytes\" is a boolean, but must be a size")]
    [InlineData("{\"objectSize\": \"3Mi\"}", "\"objectSize\" is 3 MiB, but must be a power of two")]
    [InlineData("{\"objectSize\": \"64Mi\"}", "from 4 KiB to 32 MiB")]
    [InlineData("{\"imageFeatures\": \"object-map\"}", "needs")]
    [InlineData("{\"imageFeatures\": 256}", "256")]
    [InlineData("{\"confFile\": \"ceph.conf\"}", "absolute path")]
    [InlineData("{\"runDir\": \"/a\\nb\"}", "control characters")]
    [InlineData("{\"runDir\": \"\"}", "absolute path")]
    [InlineData("{\"attach\": \"true\"}", "\"attach\" is a text, but must be true or false, without quotes")]
    [InlineData("{\"attach\": 1}", "\"attach\" is a number")]
    [InlineData("{\"forceUnmap\": null}", "\"forceUnmap\" is null")]
    [InlineData("{\"mapper\": \"kernel\"}", "one of \"auto\", \"krbd\", \"nbd\"")]
    [InlineData("{\"mountOptions\": \"a\\nb\"}", "\"mountOptions\" holds the character \\u000a")]
    [InlineData("{\"mountOptions\": false}", "\"mountOptions\" is a boolean")]
    [InlineData("{\"nodeName\": \"\"}", "must be the name of a node")]
    [InlineData("{\"nodeName\": \"Node\"}", "must be the name of a node")]
    [InlineData("{\"nodeName\": \"a/b\"}", "must be the name of a node")]
    [InlineData("{\"nodeName\": \"-a\"}", "must be the name of a node")]
    [InlineData("{\"nodeName\": 1}", "\"nodeName\" is a number")]
    [InlineData("{\"stagingDir\": \"mounts\"}", "absolute path")]
    [InlineData("{\"osdRequestTimeoutSeconds\": 3601}", "from 0 to 3600")]
    [InlineData("[]", "line 1: the configuration is not a JSON object")]
    [InlineData("{\n\"pool\" \"x\"}", "line 2: not valid JSON at column")]
    [InlineData("{\"pool\":\"x\"", "not valid JSON")]
    [InlineData("{} {}", "not valid JSON")]
    [InlineData("\n{\"pool\":\"\\ud800\"}", "line 2: a text is not valid UTF-8")]
    [InlineData("// only a comment", "not valid JSON")]
    public void A_fault_is_told_by_file_line_and_key(string text, string message)
    {
        ConfigException e = Assert.Throws<ConfigException>(() => Parse(text));
        Assert.StartsWith(Path, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_text_is_refused()
    {
        Assert.Throws<ConfigException>(() => ConfigReader.Parse([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'], Path));
        Assert.Throws<ConfigException>(() => ConfigReader.Parse(new byte[(1 << 20) + 1], Path));
    }

    [Theory]
    [InlineData("/nonexistent/config.json")]
    [InlineData("/tmp/nonexistent-cephrbd.json")]
    public void A_file_that_was_named_has_to_exist(string path) =>
        Assert.Contains(path, Assert.Throws<ConfigException>(() => ConfigReader.Load(path)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_is_read_and_a_folder_refused()
    {
        string folder = Directory.CreateTempSubdirectory("cephrbd-test-").FullName;
        try
        {
            string file = System.IO.Path.Combine(folder, "config.json");
            File.WriteAllText(file, """{"pool":"rbd"}""");
            Assert.Equal("rbd", ConfigReader.Load(file).Pool);
            ConfigException e = Assert.Throws<ConfigException>(() => ConfigReader.Load(folder));
            Assert.StartsWith(folder, e.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Paths_follow_cluster_and_user()
    {
        DriverConfig config = new();
        Assert.Equal("/etc/ceph/ceph.conf", config.ConfPathFor());
        Assert.Equal("/etc/ceph/b.conf", config.ConfPathFor("b"));
        Assert.Equal("/etc/ceph/ceph.client.k8s.keyring", config.KeyringPathFor("k8s"));
        Assert.Equal("/etc/ceph/b.client.k8s.keyring", config.KeyringPathFor("k8s", "b"));
        config = config with { KeyringFile = "/k", ConfFile = "/c" };
        Assert.Equal("/c", config.ConfPathFor());
        Assert.Equal("/k", config.KeyringPathFor("k8s"));
        Assert.Equal("/etc/ceph/b.client.k8s.keyring", config.KeyringPathFor("k8s", "b"));
    }

    [Fact]
    public void Hostile_text_gives_only_clean_failures() =>
        Hostile.Feed(
            ["{", "}", "\"pool\":", "\"" + Hostile.Key + "\"", "\"timeoutSeconds\":", "60", "1e400", "\"logLevel\":", "//", "/*", "*/", ",", "null", "[", "\"objectSize\":\"", "\n"],
            text => Parse(text),
            Hostile.Key);

    private static DriverConfig Parse(string text) => ConfigReader.Parse(Encoding.UTF8.GetBytes(text), Path);
}
