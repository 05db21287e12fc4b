using System.Diagnostics;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Protocol;

/// <summary>The whole program: what kubelet sees on both streams.</summary>
public sealed class DriverProcessTests : IDisposable
{
    private readonly DriverProcess _driver = new();

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Init_succeeds_without_any_file_of_ceph()
    {
        using Process process = _driver.Start("init");
        Assert.Equal(("Success", ""), DriverProcess.ReplyOf(process));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("hyper")]
    public void Unmount_of_what_is_gone_with_all_that_led_to_it_succeeds(string runtime)
    {
        using Process init = _driver.Start("--runtime", runtime, "init");
        Assert.Equal(("Success", ""), DriverProcess.ReplyOf(init));
        foreach (string verb in (string[])["unmount", "unmountdevice"])
        {
            using Process process = _driver.Start("--runtime", runtime, verb, _driver["no/such/dir"]);
            Assert.Equal(("Success", ""), DriverProcess.ReplyOf(process));
        }
    }

    [Fact]
    public void A_failure_is_in_the_log_without_the_key()
    {
        string secret = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Hostile.Key));
        using Process process = _driver.Start("mount", _driver["missing"], $$"""{"volumeID":"vol1","kubernetes.io/secret/key":"{{secret}}"}""");
        Assert.Equal("Failure", DriverProcess.ReplyOf(process).Status);
        string log = File.ReadAllText(_driver["log/cephrbd.log"]);
        Assert.Contains("hyper/vol1", log, StringComparison.Ordinal);
        Assert.Contains(_driver["missing"], log, StringComparison.Ordinal);
        Assert.DoesNotContain(Hostile.Key, log, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_verb_is_not_supported_and_exits_0()
    {
        using Process process = _driver.Start("resize", "x");
        Assert.Equal("Not supported", DriverProcess.ReplyOf(process).Status);
    }

    [Fact]
    public void A_node_without_ceph_conf_is_a_failure_that_names_it()
    {
        using Process process = _driver.Start("attach", """{"volumeID":"vol1"}""");
        (string status, string message) = DriverProcess.ReplyOf(process);
        Assert.Equal("Failure", status);
        Assert.Contains(_driver["ceph.conf"], message, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_are_narrated_on_stderr_when_asked_for()
    {
        Directory.CreateDirectory(_driver["pod"]);
        using Process process = _driver.Start("--verbose", "unmount", _driver["pod"]);
        string told = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal("{\"status\":\"Success\"}\n", process.StandardOutput.ReadToEnd());
        Assert.Contains($"take the tag away from {_driver["pod"]}: done in", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_verb_the_help_is_on_stderr_and_the_status_is_2()
    {
        using Process process = _driver.Start();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(2, process.ExitCode);
        Assert.Equal("", process.StandardOutput.ReadToEnd());
        Assert.Contains("cephrbd mount <mount-dir> <json>", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }
}
