using System.Diagnostics;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>What a process may inherit from kubelet, or lack: limits, descriptors, signals, environment, /proc and /sys.</summary>
public sealed class LimitTests(LabFixture lab) : FaultTest(lab)
{
    private const int Limit = 20;

    /// <summary>
    /// What the shell does before it becomes the driver, and whether the volume is to work all the same: where root may not
    /// raise limits (CAP_SYS_RESOURCE), one that is too low is a Failure.
    /// </summary>
    public static TheoryData<string, bool> Settings => new()
    {
        { "ulimit -n 64", true },
        { "ulimit -n 24", false },
        { "ulimit -n 16", false },
        { "ulimit -u 1", true },
        { "ulimit -f 0", false },
        { "ulimit -f 1", false },
        { "ulimit -c 0; ulimit -s 256", false },
        { "ulimit -l 0", true },
        { "ulimit -v 4000000", true },
        { "ulimit -v 700000", false },
        { "exec <&-", true },
        { "exec 2>&-", true },
        { "exec <&- 2>&-", true },
        { "trap '' HUP PIPE TERM INT CHLD USR1 USR2 ALRM", true },
        { "umask 0777", true },
        { "umask 0000", true },
        { "exec env -i CEPHRBD_CONFIG=\"$CEPHRBD_CONFIG\" \"$@\"", true },
        { "exec env TZ=/nowhere LANG=xx_YY.UTF-8 LC_ALL=tr_TR HOME=/nowhere TMPDIR=/nowhere PATH=/nowhere DOTNET_gcServer=1 \"$@\"", true },
        { "mkdir gone; cd gone; rmdir ../gone", true },
        { "exec nice -n 19 \"$@\"", true },
        { "echo 1000 >/proc/self/oom_score_adj", true },
        { "exec setsid \"$@\"", true },
        { "exec taskset 1 \"$@\"", true },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void whatever_the_driver_inherits_there_is_one_reply_and_nothing_is_left(string setting, bool works)
    {
        Driver.With("timeoutSeconds", Limit);
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        foreach (int _ in Enumerable.Range(0, 2))
        {
            Reply reply = InTime(Under(setting, "mount", dir, Volume.PodOptions(image)), Limit, image);
            Assert.True(reply.Status == "Success" || !works, reply.Raw);
            Assert.Equal(reply.Status == "Success" ? 1 : 0, Mounted.At(dir).Count);
        }

        Reply end = InTime(Under(setting, "unmount", dir), Limit, dir);
        Assert.True(end.Status == "Success" || !works, end.Raw);
        Under(setting, "attach", Volume.Options(image));
        Under(setting, "init");
        Driver.Succeed("unmount", dir);
        FilesAreForRootAlone();
        Works(image, dir);
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/sys")]
    public void without_proc_or_sys_there_is_one_reply_and_nothing_is_left(string missing)
    {
        Driver.With("timeoutSeconds", Limit);
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        string without = $"exec unshare -m --propagation private sh -c 'umount -l {missing}; exec \"$@\"' sh \"$@\"";
        foreach (string[] call in (string[][])[["mount", dir, Volume.PodOptions(image)], ["unmount", dir], ["attach", Volume.Options(image)]])
        {
            Reply reply = InTime(Under(without, call), Limit);
            Assert.True(reply.Status == "Success" || missing == "/proc", reply.Raw);
        }

        Assert.Equal("Success", Under(without, "init").Status);
        Works(image, dir);
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData("| true")]
    [InlineData(">&-")]
    [InlineData("| sleep 8")]
    public void a_reply_that_nobody_takes_does_not_change_what_is_done(string stdout)
    {
        Driver.With("timeoutSeconds", Limit);
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        foreach (string call in (string[])[$"mount '{dir}' '{Volume.PodOptions(image)}'", $"unmount '{dir}'"])
        {
            // The pipe is full before the driver starts.
            string fill = stdout == "| sleep 8" ? "dd if=/dev/zero bs=4096 count=16 2>/dev/null; " : "";
            var clock = Stopwatch.StartNew();
            (_, string output, string errors) = LabFixture.Execute(
                "bash", ["-c", $"{{ {fill}CEPHRBD_CONFIG='{Driver.ConfigFile}' '{Driver.Binary}' {call}; }} {stdout}"], TimeSpan.FromSeconds(Limit));
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
            Assert.Equal("", output);
            Assert.DoesNotContain(Driver.Key, errors, StringComparison.Ordinal);

            // With stdout closed nothing is begun.
            bool done = stdout != ">&-";
            Assert.Equal(done && call.StartsWith("mount", StringComparison.Ordinal) ? 1 : 0, Mounted.At(dir).Count);
        }

        Works(image, dir);
    }

    private Reply Under(string setting, params string[] args)
    {
        string script = $"cd '{Driver.Dir}'; set -- \"$0\" \"$@\"; {setting}; exec \"$@\"";
        var clock = Stopwatch.StartNew();
        (int exit, string output, string errors) = LabFixture.Execute(
            "env", ["-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", $"CEPHRBD_CONFIG={Driver.ConfigFile}", "bash", "-c", script, Driver.Binary, .. args], TimeSpan.FromSeconds(Limit + 15));
        Assert.DoesNotContain(Driver.Key, output + errors, StringComparison.Ordinal);
        Assert.True(exit == 0 && errors.Length == 0, $"{setting}: {args[0]}: {exit}: {output}{errors}");
        return Reply.Parse(output, clock.Elapsed, args[0]);
    }

    private void FilesAreForRootAlone()
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(Driver.RunDir, "*", SearchOption.AllDirectories))
        {
            UnixFileMode wide = File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite);
            Assert.True(wide == default, $"{path}: {wide}");
        }
    }
}
