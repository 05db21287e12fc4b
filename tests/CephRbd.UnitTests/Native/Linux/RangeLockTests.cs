using System.Diagnostics;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

public sealed class RangeLockTests : IDisposable
{
    private readonly TempDir _dir = new();

    private string LockFile => _dir["lock"];

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_byte_is_taken_once_and_again_when_given_back()
    {
        using (RangeLock? first = RangeLock.TryTake(LockFile, 5))
        {
            Assert.NotNull(first);
            Assert.Null(RangeLock.TryTake(LockFile, 5));
        }

        using RangeLock? again = RangeLock.TryTake(LockFile, 5);
        Assert.NotNull(again);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, long.MaxValue / 2)]
    [InlineData(1L << 40, (1L << 40) + 1)]
    public void Different_bytes_do_not_exclude_each_other(long one, long other)
    {
        using RangeLock? first = RangeLock.TryTake(LockFile, one);
        using RangeLock? second = RangeLock.TryTake(LockFile, other);
        Assert.NotNull(first);
        Assert.NotNull(second);
    }

    [Fact]
    public void A_failed_try_does_not_give_the_first_lock_back()
    {
        using RangeLock? first = RangeLock.TryTake(LockFile, 5);
        Assert.Null(RangeLock.TryTake(LockFile, 5));
        Assert.Null(RangeLock.TryTake(LockFile, 5));
    }

    [Fact]
    public void It_is_given_back_though_a_process_that_was_just_forked_has_the_file_open()
    {
        int copy;
        using (RangeLock? first = RangeLock.TryTake(LockFile, 5))
        {
            Assert.NotNull(first);
            copy = Descriptors.Duplicate(OpenFiles.DescriptorOf(LockFile));
        }

        using RangeLock? again = RangeLock.TryTake(LockFile, 5);
        Descriptors.Close(copy);
        Assert.NotNull(again);
    }

    [Fact]
    public void A_child_does_not_inherit_it()
    {
        using var child = new Process { StartInfo = new ProcessStartInfo("sleep", ["60"]) };
        using (RangeLock? first = RangeLock.TryTake(LockFile, 5))
        {
            child.Start();
        }

        try
        {
            using RangeLock? again = RangeLock.TryTake(LockFile, 5);
            Assert.NotNull(again);
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    [Fact]
    public void A_symbolic_link_is_refused()
    {
        File.WriteAllText(_dir["target"], "");
        File.CreateSymbolicLink(LockFile, _dir["target"]);
        Assert.Equal(Errno.TooManyLinks, Assert.Throws<LinuxException>(() => RangeLock.TryTake(LockFile, 0)).Errno);
    }
}
