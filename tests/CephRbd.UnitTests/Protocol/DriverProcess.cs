using System.Diagnostics;
using System.Text.Json;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Protocol;

/// <summary>The built driver as a process of its own, with folders of a test's own, read as kubelet reads it.</summary>
internal sealed class DriverProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly TempDir _dir = new();

    /// <summary>Writes a config whose every path lies in the test's folder.</summary>
    public DriverProcess(string moreSettings = "")
    {
        ConfigFile = _dir["config.json"];
        File.WriteAllText(ConfigFile, $$"""
            {"confFile":"{{_dir["ceph.conf"]}}","keyringFile":"{{_dir["keyring"]}}","logFile":"{{_dir["log/cephrbd.log"]}}",
             "runDir":"{{_dir["run"]}}","scratchDir":"{{_dir["scratch"]}}","stagingDir":"{{_dir["mounts"]}}"{{moreSettings}}}
            """);
    }

    public string ConfigFile { get; }

    public string this[string name] => _dir[name];

    /// <summary>Starts it; both streams lead into pipes.</summary>
    public Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "cephrbd"), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["CEPHRBD_CONFIG"] = ConfigFile;
        return Process.Start(start)!;
    }

    /// <summary>Waits for its end and gives its one reply; fails on anything else on either stream and on a status other than 0.</summary>
    public static (string Status, string Message) ReplyOf(Process process)
    {
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(_patience))
        {
            process.Kill();
            Assert.Fail("the driver did not end");
        }

        Assert.Equal("", error.GetAwaiter().GetResult());
        string line = output.GetAwaiter().GetResult();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        using var json = JsonDocument.Parse(line);
        return (
            json.RootElement.GetProperty("status").GetString()!,
            json.RootElement.TryGetProperty("message", out JsonElement message) ? message.GetString()! : "");
    }

    public void Dispose() => _dir.Dispose();
}
