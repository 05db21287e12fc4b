using System.Diagnostics;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Host;

public sealed class CallLockTests : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));

    public void Dispose()
    {
        _deadline.Dispose();
        _dir.Dispose();
    }

    [Theory]
    [InlineData("/pods/a")]
    [InlineData("/pods/a/")]
    [InlineData("/pods/b/../a")]
    public void A_second_call_for_the_same_dir_waits_until_its_deadline(string same)
    {
        using CallLock first = CallLock.Take(_dir.Path, "/pods/a", _deadline);
        using var hurry = new Deadline(TimeSpan.FromMilliseconds(150));
        var clock = Stopwatch.StartNew();
        Assert.Throws<DeadlineException>(() => CallLock.Take(_dir.Path, same, hurry));
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Calls_for_different_dirs_do_not_wait()
    {
        using CallLock first = CallLock.Take(_dir.Path, "/pods/a", _deadline);
        using CallLock second = CallLock.Take(_dir.Path, "/pods/b", _deadline);
    }

    [Fact]
    public async Task A_waiting_call_goes_on_when_the_first_ends()
    {
        CallLock first = CallLock.Take(_dir.Path, "/pods/a", _deadline);
        Task<CallLock> second = Task.Run(() => CallLock.Take(_dir.Path, "/pods/a", _deadline), TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        first.Dispose();
        using CallLock taken = await second.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_waiting_call_stops_when_told()
    {
        using CallLock first = CallLock.Take(_dir.Path, "/pods/a", _deadline);
        using var told = new Deadline(TimeSpan.FromHours(1));
        told.Stop("stopped by SIGTERM");
        Assert.Contains("SIGTERM", Assert.Throws<DeadlineException>(() => CallLock.Take(_dir.Path, "/pods/a", told)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_dirs_share_one_private_file()
    {
        string run = _dir["run"];
        CallLock.Take(run, "/pods/a", _deadline).Dispose();
        CallLock.Take(run, "/pods/b", _deadline).Dispose();
        string file = Assert.Single(Directory.GetFileSystemEntries(run));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(run));
    }

    [Fact]
    public void A_run_dir_that_cannot_be_made_is_a_failure_that_names_the_setting()
    {
        File.WriteAllText(_dir["file"], "");
        Assert.Contains(
            "runDir",
            Assert.Throws<VolumeException>(() => CallLock.Take(_dir["file/run"], "/pods/a", _deadline)).Message,
            StringComparison.Ordinal);
    }
}
