using System.Diagnostics;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Protocol;

public class WatchdogTests
{
    private const int Terminate = 15;

    private static bool Heard(string words) => throw new InvalidOperationException(words);

    [Fact]
    public void A_call_that_ends_in_time_hears_nothing()
    {
        using var deadline = new Deadline(TimeSpan.FromHours(1));
        using (Watchdog.Start(deadline, Heard))
        {
            deadline.Check();
        }

        Assert.Null(deadline.StopReason);
    }

    [Fact]
    public void At_the_deadline_the_call_is_told_and_may_end_within_the_grace()
    {
        using var deadline = new Deadline(TimeSpan.FromMilliseconds(50));
        using (Watchdog.Start(deadline, Heard))
        {
            Assert.True(deadline.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(2)));
        }

        Assert.Equal(deadline.ExpiryReason, deadline.StopReason);
    }

    [Fact]
    public void A_call_that_hangs_is_ended_after_deadline_and_grace_with_a_reply()
    {
        using var driver = new DriverProcess(""","timeoutSeconds":5""");
        using Process hung = StartHung(driver);
        var clock = Stopwatch.StartNew();
        (string status, string message) = DriverProcess.ReplyOf(hung);
        Assert.Equal("Failure", status);
        Assert.StartsWith("cephrbd attach: image hyper/vol1: no end within 5 s (timeoutSeconds in the config); it was at: ", message, StringComparison.Ordinal);
        Assert.Contains("cut off", message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_call_that_hangs_is_ended_by_a_signal_with_a_reply()
    {
        using var driver = new DriverProcess(""","timeoutSeconds":3600""");
        using Process hung = StartHung(driver);
        await using FileStream held = await OpenOnceRead(driver["keyring"]);
        Assert.Equal(0, Processes.Kill(hung.Id, Terminate));
        (string status, string message) = DriverProcess.ReplyOf(hung);
        Assert.Equal("Failure", status);
        Assert.StartsWith("cephrbd attach: image hyper/vol1: stopped by SIGTERM; it was at: ", message, StringComparison.Ordinal);
    }

    // A keyring that is a pipe nobody writes to: opening it never comes back, like a call into a dead cluster.
    private static Process StartHung(DriverProcess driver)
    {
        File.WriteAllText(driver["ceph.conf"], "[global]\nmon_host = 127.0.0.1:1\n");
        using (var make = Process.Start("mkfifo", driver["keyring"]))
        {
            make.WaitForExit();
            Assert.Equal(0, make.ExitCode);
        }

        return driver.Start("attach", """{"volumeID":"vol1"}""");
    }

    // Opening a pipe for writing comes back when somebody reads it.
    private static async Task<FileStream> OpenOnceRead(string pipe) =>
        await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
            .WaitAsync(TimeSpan.FromSeconds(30));
}
