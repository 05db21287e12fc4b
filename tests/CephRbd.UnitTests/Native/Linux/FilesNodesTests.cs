using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

[SupportedOSPlatform("linux")]
public sealed class FilesNodesTests : IDisposable
{
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void An_open_file_is_on_the_file_system_of_its_directory()
    {
        using var file = File.OpenHandle(_dir["file"], FileMode.Create, FileAccess.Write);
        var link = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{file.DangerousGetHandle()}");

        Assert.Equal(Files.DeviceOf(_dir.Path), Files.DeviceOf(link));
        Assert.NotEqual(Files.DeviceOf("/proc"), Files.DeviceOf(link));
    }

    [Fact]
    public void Of_what_is_gone_or_in_the_way_there_is_no_file_system()
    {
        File.WriteAllText(_dir["file"], "");
        using var child = Process.Start("sleep", "60");
        var of = string.Create(CultureInfo.InvariantCulture, $"/proc/{child.Id}/fd/0");
        Assert.NotNull(Files.DeviceOf(of));
        child.Kill();
        child.WaitForExit();

        Assert.Null(Files.DeviceOf(of));
        Assert.Null(Files.DeviceOf(_dir["none"]));
        Assert.Null(Files.DeviceOf(_dir["file/below"]));
        Assert.Null(Files.RealDeviceOf(_dir["file"]));
    }

    [Fact]
    public void A_path_that_works_has_no_error_and_one_that_does_not_has_its_errno()
    {
        File.WriteAllText(_dir["file"], "");
        Directory.CreateDirectory(_dir["empty"]);
        File.CreateSymbolicLink(_dir["round"], "round");

        Assert.Null(Files.ErrorOf(_dir.Path));
        Assert.Null(Files.ErrorOf(_dir["empty"]));
        Assert.Null(Files.ErrorOf(_dir["file"]));
        Assert.Equal(Errno.NoEntry, Files.ErrorOf(_dir["none"]));
        Assert.Equal(Errno.NotDirectory, Files.ErrorOf(_dir["file/below"]));
        Assert.Equal(Errno.TooManyLinks, Files.ErrorOf(_dir["round"]));
    }

    [Fact]
    public void A_directory_whose_entries_cannot_be_read_has_an_error_though_stat_succeeds()
    {
        // A child that ended and is not waited for: its network's directory is there, and its listing is refused.
        using var parent = Process.Start(new ProcessStartInfo("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]) { RedirectStandardOutput = true })!;
        try
        {
            var zombie = $"/proc/{parent.StandardOutput.ReadLine()}";
            Assert.True(SpinWait.SpinUntil(() => Processes.ParseStat(File.ReadAllText($"{zombie}/stat")).State == 'Z', TimeSpan.FromSeconds(30)));

            Assert.NotNull(Files.DeviceOf($"{zombie}/net"));
            Assert.Equal(Errno.Invalid, Files.ErrorOf($"{zombie}/net"));
        }
        finally
        {
            parent.Kill();
            parent.WaitForExit();
        }
    }

    [Fact]
    public void A_control_file_gets_one_write_and_nothing_is_made_or_cut()
    {
        File.WriteAllText(_dir["file"], "123456");

        Assert.Equal(3, Files.WriteOnce(_dir["file"], "abc"u8));
        Assert.Equal("abc456", File.ReadAllText(_dir["file"]));
        Assert.Equal(0, Files.WriteOnce(_dir["file"], []));

        var missing = Assert.Throws<LinuxException>(() => Files.WriteOnce(_dir["none"], "x"u8));
        Assert.Equal(("open", Errno.NoEntry), (missing.Call, missing.Errno));
        Assert.False(File.Exists(_dir["none"]));
    }

    [Fact]
    public void A_refused_command_tells_the_errno_and_the_path_but_not_the_content()
    {
        var e = Assert.Throws<LinuxException>(() => Files.WriteOnce("/dev/full", "geheim"u8));

        Assert.Equal(("write", Errno.NoSpace, "/dev/full"), (e.Call, e.Errno, e.Path));
        Assert.DoesNotContain("geheim", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_directory_is_removed_and_a_missing_one_is_fine()
    {
        Directory.CreateDirectory(_dir["empty"]);

        Files.RemoveDirectory(_dir["empty"]);
        Files.RemoveDirectory(_dir["empty"]);

        Assert.False(Directory.Exists(_dir["empty"]));
    }

    [Fact]
    public void A_directory_in_use_is_not_removed()
    {
        Directory.CreateDirectory(_dir["full/below"]);
        Directory.CreateDirectory(_dir["mnt"]);
        Assert.Equal(Errno.NotEmpty, Assert.Throws<LinuxException>(() => Files.RemoveDirectory(_dir["full"])).Errno);

        Mounts.MountTmpfs(_dir["mnt"], "cephrbd-test", "size=64k");
        try
        {
            Assert.Equal(Errno.Busy, Assert.Throws<LinuxException>(() => Files.RemoveDirectory(_dir["mnt"])).Errno);
        }
        finally
        {
            Mounts.Unmount(_dir["mnt"], lazy: false);
        }
    }
}
