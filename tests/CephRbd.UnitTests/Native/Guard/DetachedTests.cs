using System.Diagnostics;
using System.Globalization;
using CephRbd.Native;
using CephRbd.Native.Guard;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Native.Guard;

/// <summary>detached.c, compiled with a small program in which some targets hang; and what is done under the JIT.</summary>
public sealed class DetachedTests(DetachedTests.Program program) : IClassFixture<DetachedTests.Program>, IDisposable
{
    private const int NoFollow = 8;
    private const int Lazy = 2;
    private const int NoChild = 10; // ECHILD

    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_mount_point_is_unmounted_by_the_other_process()
    {
        using var mount = new Tmpfs(_dir["mnt"]);

        Assert.Equal(0, program.Unmount(mount.Path, NoFollow, 30_000));

        Assert.False(mount.IsThere);
    }

    [Fact]
    public void A_busy_one_is_told_and_stays_and_goes_lazily()
    {
        using var mount = new Tmpfs(_dir["mnt"]);
        using var open = File.Create(Path.Join(mount.Path, "file"));

        Assert.Equal(Errno.Busy, program.Unmount(mount.Path, NoFollow, 30_000));
        Assert.True(mount.IsThere);

        Assert.Equal(0, program.Unmount(mount.Path, NoFollow | Lazy, 30_000));
        Assert.False(mount.IsThere);
    }

    [Fact]
    public void The_errno_of_what_is_no_mount_point_is_told()
    {
        Assert.Equal(Errno.Invalid, program.Unmount(_dir.Path, NoFollow, 30_000));
        Assert.Equal(Errno.NoEntry, program.Unmount(_dir["none"], NoFollow, 30_000));
    }

    [Fact]
    public void One_that_is_killed_before_it_answers_is_a_failure()
        => Assert.Equal(-1 - NoChild, program.Unmount("killed", NoFollow, 30_000));

    [Fact]
    public void One_that_hangs_is_left_behind_in_time_and_holds_nothing_of_ours_open()
    {
        var clock = Stopwatch.StartNew();

        // That the program's output was read to its end shows that the one left behind does not hold it.
        Assert.Equal(("-1 and a child\n", ""), program.Run($"hang:{_dir["pid"]}", NoFollow, 2_000));

        Assert.InRange(clock.Elapsed.TotalSeconds, 1.9, 30);
        var pid = int.Parse(File.ReadAllText(_dir["pid"]), CultureInfo.InvariantCulture);
        try
        {
            Assert.Equal(["1"], Directory.GetFileSystemEntries($"/proc/{pid}/fd").Select(Path.GetFileName));
            Assert.Equal($"cephrbd-umount\0hang:{_dir["pid"]}\0{NoFollow}\0", File.ReadAllText($"/proc/{pid}/cmdline"));
            Assert.Empty(File.ReadAllText($"/proc/{pid}/environ"));
        }
        finally
        {
            Assert.Equal(0, Processes.Kill(pid, 9));
        }
    }

    [Fact]
    public void Under_the_JIT_the_call_is_made_directly()
    {
        using var mount = new Tmpfs(_dir["mnt"]);
        using (File.Create(Path.Join(mount.Path, "file")))
        {
            Assert.Equal(Errno.Busy, Detached.Unmount(mount.Path, lazy: false, TimeSpan.FromSeconds(30)));
        }

        Assert.Equal(0, Detached.Unmount(mount.Path, lazy: false, TimeSpan.FromSeconds(30)));
        Assert.Equal(Errno.Invalid, Detached.Unmount(mount.Path, lazy: true, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Under_the_JIT_a_control_file_is_written_directly()
    {
        File.WriteAllText(_dir["control"], "");
        Assert.Equal(0, Detached.Write(_dir["control"], "1 \u00e92", TimeSpan.FromSeconds(30), endLate: false));
        Assert.Equal("1 \u00e92", File.ReadAllText(_dir["control"]));
        Assert.Equal(Errno.NoEntry, Detached.Write(_dir["none"], "1", TimeSpan.FromSeconds(30), endLate: false));
        Assert.False(File.Exists(_dir["none"]));
    }

    public sealed class Program : IDisposable
    {
        private readonly CProgram _program = new("detached.c", "detached_scenarios.c");

        public (string Output, string Error) Run(string target, int flags, int milliseconds)
        {
            var (status, output, error) = _program.Run(target, flags.ToString(CultureInfo.InvariantCulture), milliseconds.ToString(CultureInfo.InvariantCulture));
            Assert.True(status == 0, $"{status}: {error}");
            return (output, error);
        }

        public int Unmount(string target, int flags, int milliseconds)
            => int.Parse(Run(target, flags, milliseconds).Output, CultureInfo.InvariantCulture);

        public void Dispose() => _program.Dispose();
    }

    private sealed class Tmpfs : IDisposable
    {
        private readonly ulong? _below;

        public Tmpfs(string path)
        {
            Path = Directory.CreateDirectory(path).FullName;
            _below = Files.DeviceOf(path);
            Mounts.MountTmpfs(path, "cephrbd-test", "size=64k");
        }

        public string Path { get; }

        public bool IsThere => Files.DeviceOf(Path) != _below;

        public void Dispose()
        {
            if (IsThere)
            {
                Mounts.Unmount(Path, lazy: true);
            }
        }
    }
}
