using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Native;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Hyper;

/// <summary>A mount dir as kubelet makes it, and a run dir; whatever a test leaves mounted below is unmounted at its end.</summary>
internal sealed class PodDir : IDisposable
{
    private readonly TempDir _dir = new();

    public PodDir()
    {
        Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        Config = new DriverConfig { RunDir = _dir["run"], ScratchDir = _dir["scratch"] };
    }

    /// <summary>The mount dir.</summary>
    public string Path => _dir["pod"];

    /// <summary>Where calls stage what they bind.</summary>
    public string StageRoot => _dir["run/stage"];

    public DriverConfig Config { get; init; }

    public string this[string name] => _dir[name];

    /// <summary>All mounts at or below the test's folder.</summary>
    public IReadOnlyList<MountEntry> Mounted() => MountTable.Read().Entries
        .Where(mount => mount.MountPoint.StartsWith(_dir.Path + "/", StringComparison.Ordinal)).ToArray();

    /// <summary>Mounts a tmpfs; fails the test where that is not allowed.</summary>
    public static void MountOrFail(string target, string source)
    {
        try
        {
            Mounts.MountTmpfs(target, source, "size=64k,mode=0700");
        }
        catch (LinuxException e) when (e.Errno == Errno.NotPermitted)
        {
            Assert.Fail("mounting needs CAP_SYS_ADMIN");
        }
    }

    /// <summary>Fails the test where mounting is not allowed.</summary>
    public void RequireMounting()
    {
        MountOrFail(Path, "test");
        Mounts.Unmount(Path, lazy: true);
    }

    /// <summary>Nothing is mounted, and mount dir and staging folder are empty.</summary>
    public void AssertNothingIsLeft()
    {
        Assert.Empty(Mounted());
        Assert.Empty(Directory.GetFileSystemEntries(Path));
        Assert.True(!Directory.Exists(StageRoot) || Directory.GetFileSystemEntries(StageRoot).Length == 0);
    }

    public void Dispose()
    {
        foreach (MountEntry mount in Mounted().Reverse())
        {
            Mounts.Unmount(mount.MountPoint, lazy: true);
        }

        _dir.Dispose();
    }
}
