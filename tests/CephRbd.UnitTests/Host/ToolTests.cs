using System.Diagnostics;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Host;

public sealed class ToolTests : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));

    public void Dispose()
    {
        _deadline.Dispose();
        _dir.Dispose();
    }

    [Fact]
    public void A_program_is_found_and_a_missing_one_is_not()
    {
        Assert.True(Path.IsPathRooted(Tool.Find("sh")));
        Assert.Null(Tool.Find("cephrbd-no-such-program"));
    }

    [Fact]
    public void Status_and_words_of_both_streams_come_back() =>
        Assert.Equal((3, "complaint\n\nanswer"), Shell("echo answer; echo complaint >&2; exit 3"));

    [Fact]
    public void Who_asks_gets_all_of_the_answer_apart_from_the_complaints()
    {
        (int exit, string output, string complaints) = Tool.Ask(Tool.Find("sh")!, ["-c", "printf %02000d 7; echo complaint >&2; exit 3"], "/", _deadline);
        Assert.Equal((3, 2000, "complaint"), (exit, output.Length, complaints));
    }

    [Fact]
    public void Cephs_variables_are_kept_from_programs()
    {
        Environment.SetEnvironmentVariable("CEPH_LIB", "/elsewhere");
        try
        {
            Assert.Equal((0, "none"), Shell("echo ${CEPH_LIB-none}"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CEPH_LIB", null);
        }
    }

    [Fact]
    public void It_speaks_the_languages_of_programs() => Assert.Equal((0, "C"), Shell("echo $LC_ALL"));

    [Fact]
    public void Arguments_arrive_as_they_are() =>
        Assert.Equal((0, "a b|$HOME|\"q\"|"), Tool.Run(Tool.Find("printf")!, ["%s|", "a b", "$HOME", "\"q\""], "/", _deadline));

    [Fact]
    public void Of_long_words_the_end_is_kept()
    {
        (int exit, string words) = Shell("head -c 100000 /dev/zero | tr '\\0' x; echo; echo the end");
        Assert.Equal(0, exit);
        Assert.Equal(501, words.Length);
        Assert.StartsWith("…xxx", words, StringComparison.Ordinal);
        Assert.EndsWith("\nthe end", words, StringComparison.Ordinal);
    }

    [Fact]
    public void It_runs_where_it_is_told_to() => Assert.Equal((0, _dir.Path), Shell("pwd"));

    [Fact]
    public void A_program_that_reads_gets_nothing() => Assert.Equal((0, "0"), Shell("wc -c"));

    [Fact]
    public void At_a_stop_the_program_is_killed()
    {
        using var hurry = new Deadline(TimeSpan.FromHours(1));
        using var timer = new Timer(_ => hurry.Stop("stopped by SIGTERM"), null, TimeSpan.FromMilliseconds(300), Timeout.InfiniteTimeSpan);
        var clock = Stopwatch.StartNew();
        string pid = _dir["pid"];
        Assert.Contains(
            "SIGTERM",
            Assert.Throws<DeadlineException>(() => Tool.Run(Tool.Find("sh")!, ["-c", $"echo $$ > {pid}; exec sleep 60"], "/", hurry)).Message,
            StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        string number = File.ReadAllText(pid).Trim();
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{number}"), TimeSpan.FromSeconds(10)), "the program still runs");
    }

    [Fact]
    public void At_the_deadline_the_program_is_killed_though_nobody_watches()
    {
        using var hurry = new Deadline(TimeSpan.FromMilliseconds(300));
        var clock = Stopwatch.StartNew();
        Assert.Contains(
            "no end within 0.3 s", Assert.Throws<DeadlineException>(() => Tool.Run(Tool.Find("sleep")!, ["30"], "/", hurry)).Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Variables_are_added_to_those_of_the_call() => Assert.Equal(
        (0, "C 1 2"), Tool.Run(Tool.Find("sh")!, ["-c", "echo $LC_ALL $CEPHRBD_A $CEPHRBD_B"], "/", _deadline, ("CEPHRBD_A", "1"), ("CEPHRBD_B", "2")));

    [Fact]
    public void What_cannot_be_started_is_named()
    {
        File.WriteAllText(_dir["plain"], "no program");
        foreach (string path in new[] { _dir["missing"], _dir["plain"] })
        {
            Assert.Contains(path, Assert.Throws<VolumeException>(() => Tool.Run(path, [], "/", _deadline)).Message, StringComparison.Ordinal);
        }
    }

    private (int ExitCode, string Words) Shell(string script) => Tool.Run(Tool.Find("sh")!, ["-c", script], _dir.Path, _deadline);
}
