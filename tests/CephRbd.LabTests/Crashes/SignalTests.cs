using System.Diagnostics;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Crashes;

public sealed class SignalTests(LabFixture lab) : DriverTest(lab)
{
    [Theory]
    [InlineData(Mounted.Term)]
    [InlineData(1)]
    [InlineData(2)]
    public void a_signal_ends_a_call_that_hangs_with_a_failure_within_seconds(int signal)
    {
        string image = NewName();
        Driver.With("confFile", Driver.WriteFile("dead.conf", "[global]\nmon_host = 127.0.0.1:1\n"));
        var since = new Stopwatch();
        using DriverProcess process = Driver.Start(
            (self, line) =>
            {
                // The next step is to connect, to nobody.
                if (line.Contains("dead.conf: done", StringComparison.Ordinal))
                {
                    since.Start();
                    self.Signal(signal);
                }
            },
            ["--verbose", "mount", Driver.NewMountDir(), Volume.PodOptions(image)]);
        (int exit, string said) = process.Wait();
        Assert.True(since.IsRunning && exit == 0, $"{exit}: {said}");
        string reply = said.TrimEnd('\n').Split('\n')[^1];
        Assert.Contains("\"status\":\"Failure\"", reply, StringComparison.Ordinal);
        Assert.Contains("stopped by", reply, StringComparison.Ordinal);
        Assert.Contains($"hyper/{image}", reply, StringComparison.Ordinal);
        Assert.True(since.Elapsed < Emulation.Limit(4.5), $"{since.Elapsed}");
    }

    [Fact]
    public void a_signal_ends_a_hanging_mkfs_too()
    {
        string folder = Path.Combine(Driver.Dir, "bin");
        Directory.CreateDirectory(folder);
        string tool = Path.Combine(folder, "mkfs.ext4");
        File.WriteAllText(tool, $"#!/bin/sh\necho $$ >{Driver.Dir}/pid\nexec sleep 300\n");
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Driver.WithEnvironment("PATH", folder + ":/usr/sbin:/usr/bin:/sbin:/bin").With("timeoutSeconds", 5);
        string image = NewName();
        Reply reply = Driver.Fail(["attach", Volume.Options(image, Volume.Size("64Mi"))], $"hyper/{image}", "mkfs.ext4");
        Assert.True(reply.Elapsed < Emulation.Limit(5 + 4), $"{reply.Elapsed}");
        Assert.False(Directory.Exists("/proc/" + File.ReadAllText(Path.Combine(Driver.Dir, "pid")).Trim()), "mkfs runs on");
        Assert.Equal(0, Watchers(image));
    }
}
