using System.Diagnostics;
using System.Globalization;
using CephRbd.Driver.Host;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Host;

/// <summary>On a loop device with an ext4, held by processes of the test's own. Needs root and loop devices.</summary>
public sealed class HoldersTests : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly LoopDevice _loop;
    private readonly (uint Major, uint Minor) _numbers;
    private readonly List<Process> _started = [];

    public HoldersTests()
    {
        _loop = new LoopDevice(_dir["disk"], 16 << 20);
        _loop.Format("ext4");
        _numbers = DeviceNodes.BlockDeviceAt(_loop.Path)!.Value;
        Directory.CreateDirectory(_dir["mnt"]);
    }

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        if (MountTable.Read().At(_dir["mnt"]).Any())
        {
            Mounts.Unmount(_dir["mnt"], lazy: true);
        }

        _loop.Dispose();
        _dir.Dispose();
    }

    [Fact]
    public void A_device_nobody_holds_has_no_holder() =>
        Assert.StartsWith("no process or mount was found", Describe(), StringComparison.Ordinal);

    [Fact]
    public void A_process_that_has_the_device_open_is_named_with_pid_and_command()
    {
        int pid = Start($"exec 3<{_loop.Path}; touch {_dir["ready"]}; exec sleep 600");
        Assert.Equal($"pid {pid} (sleep 600) has {_loop.Path} open", Describe());
    }

    [Fact]
    public void A_mount_and_a_process_that_works_in_it_are_named()
    {
        Mounts.MountDevice(_loop.Path, _dir["mnt"], "ext4", MountFlags.None, null);
        int pid = Start($"cd {_dir["mnt"]}; touch {_dir["ready"]}; exec sleep 600");
        string words = Describe();
        Assert.Contains($"it is mounted at {_dir["mnt"]}", words, StringComparison.Ordinal);
        Assert.Contains($"pid {pid} (sleep 600) uses {_dir["mnt"]}", words, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_file_is_named_and_one_of_a_like_named_folder_is_not()
    {
        Mounts.MountDevice(_loop.Path, _dir["mnt"], "ext4", MountFlags.None, null);
        Directory.CreateDirectory(_dir["mnt2"]);
        int pid = Start($"exec 3>{_dir["mnt"]}/file 4>{_dir["mnt2"]}/file; touch {_dir["ready"]}; exec sleep 600");
        File.Delete(_dir["ready"]);
        int other = Start($"exec 4>{_dir["mnt2"]}/file; touch {_dir["ready"]}; exec sleep 600");
        string words = Describe();
        Assert.Contains($"pid {pid} (sleep 600) uses {_dir["mnt"]}/file", words, StringComparison.Ordinal);
        Assert.DoesNotContain($"pid {other} ", words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mount_in_another_mount_namespace_is_named_with_who_is_in_it()
    {
        int pid = Start(
            $"mount -t ext4 {_loop.Path} {_dir["mnt"]}; touch {_dir["ready"]}; exec sleep 600",
            "unshare", "-m", "--propagation", "private");
        Assert.Empty(MountTable.Read().At(_dir["mnt"]));
        Assert.Contains($"pid {pid} (sleep 600) has it mounted at {_dir["mnt"]} in another mount namespace", Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_system_that_is_unmounted_and_not_done_is_told_from_a_mounted_one()
    {
        bool IsWritingOut() => Holders.IsWritingOut(_loop.Path, _numbers.Major, _numbers.Minor);
        Assert.False(IsWritingOut());
        Mounts.MountDevice(_loop.Path, _dir["mnt"], "ext4", MountFlags.None, null);
        Assert.False(IsWritingOut());
        using (File.Create(Path.Combine(_dir["mnt"], "file")))
        {
            Mounts.Unmount(_dir["mnt"], lazy: true);
            Assert.True(IsWritingOut());
        }

        Assert.True(SpinWait.SpinUntil(() => !IsWritingOut(), TimeSpan.FromSeconds(20)), "the file system does not end");
        Assert.False(Holders.IsWritingOut(_dir["none"], _numbers.Major, _numbers.Minor));
    }

    [Fact]
    public void A_file_system_in_another_mount_namespace_is_mounted()
    {
        Start(
            $"mount -t ext4 {_loop.Path} {_dir["mnt"]}; touch {_dir["ready"]}; exec sleep 600",
            "unshare", "-m", "--propagation", "private");
        Assert.False(Holders.IsWritingOut(_loop.Path, _numbers.Major, _numbers.Minor));
    }

    [Fact]
    public void A_long_command_is_cut()
    {
        int pid = Start($"exec 3<{_loop.Path}; touch {_dir["ready"]}; exec -a {new string('x', 300)} sleep 600", "bash");
        Assert.Equal($"pid {pid} ({new string('x', 60)}…) has {_loop.Path} open", Describe());
    }

    private string Describe() => Holders.Describe(_numbers.Major, _numbers.Minor, Path.GetFileName(_loop.Path));

    // Every holder becomes the program it starts, so that its pid is the process's.
    private int Start(string script, params string[] through)
    {
        string[] words = through is ["bash"] ? ["bash", "-c", script] : [.. through, "sh", "-c", script];
        var process = Process.Start(words[0], words[1..]);
        _started.Add(process);
        Assert.True(
            SpinWait.SpinUntil(() => File.Exists(_dir["ready"]) || process.HasExited, TimeSpan.FromSeconds(20)) && !process.HasExited,
            string.Create(CultureInfo.InvariantCulture, $"the holder {process.Id} did not begin"));
        Assert.True(
            SpinWait.SpinUntil(() => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/cmdline")).EndsWith("\0600\0", StringComparison.Ordinal), TimeSpan.FromSeconds(20)),
            "the holder did not become what it should be");
        return process.Id;
    }
}
