using System.Diagnostics;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

public sealed class DescriptorsTests : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_duplicate_is_numbered_ten_or_more_and_writes_to_the_same_file()
    {
        using var file = Files.CreateMemory("dup");
        var copy = Descriptors.Duplicate((int)file.DangerousGetHandle());
        try
        {
            Assert.InRange(copy, 10, int.MaxValue);
            Assert.True(IsCloseOnExec(copy));
            Descriptors.WriteAll(copy, "abc"u8);
            Assert.Equal(3, RandomAccess.GetLength(file));
        }
        finally
        {
            Descriptors.Close(copy);
        }
    }

    [Fact]
    public void A_replaced_descriptor_means_the_other_file_and_is_inherited()
    {
        using var file = Files.CreateMemory("replace");
        var target = Descriptors.OpenNull();
        try
        {
            Assert.True(IsCloseOnExec(target));
            Descriptors.Replace(target, (int)file.DangerousGetHandle());
            Descriptors.WriteAll(target, "abcd"u8);
            Assert.Equal(4, RandomAccess.GetLength(file));
            Assert.False(IsCloseOnExec(target));
        }
        finally
        {
            Descriptors.Close(target);
        }
    }

    [Fact]
    public void Marking_all_from_a_number_on_leaves_lower_ones_alone()
    {
        var low = Descriptors.OpenNull();
        var high = Descriptors.Duplicate(low);
        var spare = Descriptors.Duplicate(low);
        try
        {
            Descriptors.Replace(low, spare);
            Descriptors.Replace(high, spare);
            Assert.False(IsCloseOnExec(high));

            Descriptors.CloseOnExecAll(Math.Max(low, high));

            Assert.True(IsCloseOnExec(Math.Max(low, high)));
            Assert.False(IsCloseOnExec(Math.Min(low, high)));
        }
        finally
        {
            Descriptors.Close(low);
            Descriptors.Close(high);
            Descriptors.Close(spare);
        }
    }

    [Fact]
    public void Writing_to_a_pipe_without_a_reader_is_EPIPE()
    {
        var (read, write) = NonBlockingPipe();
        Descriptors.Close(read);
        try
        {
            var e = Assert.Throws<LinuxException>(() => Descriptors.WriteAll(write, "x"u8));
            Assert.Equal(Errno.BrokenPipe, e.Errno);
        }
        finally
        {
            Descriptors.Close(write);
        }
    }

    [Fact]
    public void A_full_non_blocking_pipe_is_waited_for()
    {
        var (read, write) = NonBlockingPipe();
        var content = new byte[1 << 20];
        Random.Shared.NextBytes(content);
        var received = new MemoryStream();
        var reader = new Thread(() =>
        {
            using var stream = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(read, ownsHandle: true), FileAccess.Read);
            stream.CopyTo(received);
        });
        reader.Start();
        try
        {
            Descriptors.WriteAll(write, content);
        }
        finally
        {
            Descriptors.Close(write);
            Assert.True(reader.Join(TimeSpan.FromSeconds(30)));
        }

        Assert.Equal(content, received.ToArray());
    }

    [Fact]
    public void A_full_pipe_that_nobody_reads_times_out()
    {
        var (read, write) = NonBlockingPipe();
        var clock = Stopwatch.StartNew();
        try
        {
            var e = Assert.Throws<LinuxException>(() => Descriptors.WriteAll(write, new byte[1 << 20], TimeSpan.FromMilliseconds(100)));
            Assert.Equal(Errno.TimedOut, e.Errno);
            Assert.InRange(clock.Elapsed.TotalSeconds, 0.1, 30);
        }
        finally
        {
            Descriptors.Close(write);
            Descriptors.Close(read);
        }
    }

    /// <summary>The two ends of a fifo; opening it for both at once first keeps either open from blocking.</summary>
    private (int Read, int Write) NonBlockingPipe()
    {
        var path = _dir[Guid.NewGuid().ToString("N")];
        using (var mkfifo = Process.Start("mkfifo", path))
        {
            mkfifo.WaitForExit();
            Assert.Equal(0, mkfifo.ExitCode);
        }

        const int NonBlocking = 0x800;
        using var both = Files.Open(path, OpenFlags.ReadWrite | NonBlocking, 0);
        var read = Libc.Open(path, OpenFlags.ReadOnly, 0);
        var write = Libc.Open(path, OpenFlags.WriteOnly | NonBlocking, 0);
        Assert.True(read >= 0 && write >= 0);
        return (read, write);
    }

    private static bool IsCloseOnExec(int fd) => (Libc.Control(fd, 1, 0) & 1) == 1;
}
