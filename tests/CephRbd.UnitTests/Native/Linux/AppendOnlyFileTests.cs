using System.Runtime.Versioning;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

[SupportedOSPlatform("linux")]
public sealed class AppendOnlyFileTests : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void Two_writers_add_lines_to_one_file()
    {
        using var one = AppendOnlyFile.Open(_dir["log"], 0x1A0);
        using var two = AppendOnlyFile.Open(_dir["log"], 0x1A0);
        one.WriteLine("a\n"u8);
        two.WriteLine("b\n"u8);
        one.WriteLine("c\n"u8);

        Assert.Equal("a\nb\nc\n", File.ReadAllText(_dir["log"]));
        Assert.Equal(6, two.Length);
        Assert.Equal((UnixFileMode)0x1A0, File.GetUnixFileMode(_dir["log"]) | (UnixFileMode)0x20);
    }

    [Fact]
    public void It_knows_when_its_name_leads_elsewhere()
    {
        using var file = AppendOnlyFile.Open(_dir["log"], 0x180);
        Assert.True(file.IsStillAtItsPath);

        File.Move(_dir["log"], _dir["log.1"]);
        Assert.False(file.IsStillAtItsPath);

        File.WriteAllText(_dir["log"], "");
        Assert.False(file.IsStillAtItsPath);
    }

    [Fact]
    public void A_symbolic_link_is_refused()
    {
        File.CreateSymbolicLink(_dir["log"], _dir["elsewhere"]);

        var e = Assert.Throws<LinuxException>(() => AppendOnlyFile.Open(_dir["log"], 0x180));

        Assert.Equal(Errno.TooManyLinks, e.Errno);
        Assert.False(File.Exists(_dir["elsewhere"]));
    }

    [Fact]
    public void A_full_device_is_reported()
    {
        using var file = AppendOnlyFile.Open("/dev/full", 0x180);
        Assert.Equal(Errno.NoSpace, Assert.Throws<LinuxException>(() => file.WriteLine("x\n"u8)).Errno);
    }

    [Fact]
    public void A_lock_is_held_by_one_at_a_time()
    {
        using (var held = FileLock.TryAcquire(_dir["lock"], 0x180, TimeSpan.Zero))
        {
            Assert.NotNull(held);
            Assert.Null(FileLock.TryAcquire(_dir["lock"], 0x180, TimeSpan.FromMilliseconds(20)));
        }

        using var again = FileLock.TryAcquire(_dir["lock"], 0x180, TimeSpan.Zero);
        Assert.NotNull(again);
    }

    [Fact]
    public void A_lock_is_given_back_though_a_process_that_was_just_forked_has_the_file_open()
    {
        int copy;
        using (FileLock? held = FileLock.TryAcquire(_dir["lock"], 0x180, TimeSpan.Zero))
        {
            Assert.NotNull(held);
            copy = Descriptors.Duplicate(OpenFiles.DescriptorOf(_dir["lock"]));
        }

        using FileLock? again = FileLock.TryAcquire(_dir["lock"], 0x180, TimeSpan.Zero);
        Descriptors.Close(copy);
        Assert.NotNull(again);
    }

    [Fact]
    public void A_lock_given_back_meanwhile_is_taken()
    {
        var held = FileLock.TryAcquire(_dir["lock"], 0x180, TimeSpan.Zero);
        Assert.NotNull(held);
        using var timer = new Timer(_ => held.Dispose(), null, 50, Timeout.Infinite);

        using var taken = FileLock.TryAcquire(_dir["lock"], 0x180, TimeSpan.FromSeconds(30));

        Assert.NotNull(taken);
    }
}
