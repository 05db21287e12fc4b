using System.Text.Json;
using System.Text.Json.Nodes;

namespace CephRbd.LabTests.Driving;

/// <summary>
/// The published driver, called as kubelet calls it, with a config, keyring, log and run folder of its own. What a
/// test leaves mounted below its folder goes with it.
/// </summary>
public sealed class PublishedDriver : IDisposable
{
    private const string Variable = "CEPHRBD_BINARY";
    private readonly JsonObject _config = [];
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    /// <param name="lab">The cluster.</param>
    /// <param name="user">Whose keyring of the lab the config names; client.cephrbd may use pool hyper and nothing else.</param>
    public PublishedDriver(LabFixture lab, string user = "cephrbd")
    {
        ArgumentNullException.ThrowIfNull(lab);
        Binary = FindBinary(lab.RepositoryRoot);
        Dir = Directory.CreateTempSubdirectory("cephrbd-it-").FullName;
        Directory.CreateDirectory(Path.Combine(Dir, "mounts"));
        _environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        _environment["CEPHRBD_CONFIG"] = ConfigFile;
        _config["user"] = user;
        _config["confFile"] = lab.ConfFile;
        _config["keyringFile"] = Path.Combine(lab.Dir, $"ceph.client.{user}.keyring");
        _config["timeoutSeconds"] = 60;
        _config["logFile"] = LogFile;
        _config["runDir"] = RunDir;
        _config["scratchDir"] = ScratchDir;
        WriteConfig();
        Key = ReadKey(Path.Combine(lab.Dir, $"ceph.client.{user}.keyring"));
    }

    /// <summary>The program under test.</summary>
    public string Binary { get; }

    /// <summary>The folder that all of this test's files lie in.</summary>
    public string Dir { get; }

    public string ConfigFile => Path.Combine(Dir, "config.json");

    public string LogFile => Path.Combine(Dir, "log", "cephrbd.log");

    public string RunDir => Path.Combine(Dir, "run");

    public string ScratchDir => Path.Combine(Dir, "scratch");

    /// <summary>The network namespace that the driver is in; null for this process's own.</summary>
    public string? Network { get; init; }

    /// <summary>The key of the keyring that the driver began with.</summary>
    public string Key { get; }

    /// <summary>Changes one setting; null takes it out.</summary>
    public PublishedDriver With(string setting, JsonNode? value)
    {
        if (value is null)
        {
            _config.Remove(setting);
        }
        else
        {
            _config[setting] = value;
        }

        WriteConfig();
        return this;
    }

    /// <summary>Changes the environment that the driver is given.</summary>
    public PublishedDriver WithEnvironment(string name, string value)
    {
        _environment[name] = value;
        return this;
    }

    /// <summary>A new, empty folder, as kubelet makes it before it calls mount.</summary>
    public string NewMountDir(string name = "vol")
    {
        string path = Path.Combine(Dir, "mounts", name);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        return path;
    }

    /// <summary>A file of this test's folder, for root alone.</summary>
    public string WriteFile(string name, string text)
    {
        string path = Path.Combine(Dir, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>Calls the driver and waits: the reply must be one JSON object on one line, the exit status 0.</summary>
    public Reply Call(params string[] args)
    {
        using DriverProcess process = Start(args);
        return process.Reply();
    }

    /// <summary>Calls the driver and wants Success.</summary>
    public Reply Succeed(params string[] args)
    {
        Reply reply = Call(args);
        Assert.True(reply.Status == "Success", reply.Raw);
        return reply;
    }

    /// <summary>Calls the driver and wants a Failure whose message holds each of the words, and no key.</summary>
    public Reply Fail(string[] args, params string[] words)
    {
        Reply reply = Call(args);
        Assert.True(reply.Status == "Failure", reply.Raw);
        foreach (string word in words)
        {
            Assert.True(reply.Message.Contains(word, StringComparison.Ordinal), $"\"{word}\" is not in: {reply.Raw}");
        }

        return reply;
    }

    /// <summary>Starts a call without waiting for it.</summary>
    public DriverProcess Start(params string[] args) => Start(null, args);

    /// <summary>Starts a call; each line it says is handed on while it runs.</summary>
    public DriverProcess Start(Action<DriverProcess, string>? onLine, string[] args)
    {
        int seconds = _config["timeoutSeconds"] is { } limit ? (int)limit : 60;

        // nsenter becomes the driver: the pid is the same, and so are the mounts, which ip netns exec would hide.
        (string program, string[] all) = Network is null ? (Binary, args) : ("nsenter", ["--net=/run/netns/" + Network, Binary, .. args]);
        return new DriverProcess(program, all, _environment, TimeSpan.FromSeconds(seconds + 15), Key, onLine);
    }

    public void Dispose()
    {
        Mounted.UnmountBelow(Dir);
        Directory.Delete(Dir, recursive: true);
    }

    /// <summary>The first key in a keyring file.</summary>
    public static string ReadKey(string keyringFile) => File.ReadLines(keyringFile)
        .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
        .First(parts => parts.Length == 2 && parts[0] == "key")[1];

    /// <summary>The published program: CEPHRBD_BINARY names it, or it lies in artifacts.</summary>
    public static string FindBinary(string repositoryRoot)
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        string path = string.IsNullOrEmpty(named) ? Path.Combine(repositoryRoot, "artifacts", "linux-x64", "cephrbd") : named;
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"there is no published driver at {path}: run ./build.sh publish, or name one in {Variable}");
    }

    private void WriteConfig() => File.WriteAllText(ConfigFile, _config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
}
