using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Mounting;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;
using Moq;

namespace CephRbd.UnitTests.Mounting;

/// <summary>A node of a test's own: its folders, a made-up rbd bus, a played cluster. What a test leaves mounted below is unmounted.</summary>
internal sealed class HostNode : IDisposable
{
    public const string Fsid = "0f588cda-4d4b-450a-a86a-7f26dc278318";

    private readonly TempDir _dir = new();

    public HostNode()
    {
        Config = new DriverConfig { Runtime = RuntimeKind.Host, RunDir = _dir["run"], StagingDir = _dir["mounts"], ScratchDir = _dir["scratch"], NodeName = "node1" };
        Steps = new Steps(Deadline, Notes.Add);
        Images.Setup(images => images.FsidFromConf(It.IsAny<string?>())).Returns(Fsid);
        Images.Setup(images => images.GiveUp(It.IsAny<VolumeSpec>()));
        Images.Setup(images => images.ConfirmMapped(It.IsAny<VolumeSpec>()));
        Images.Setup(images => images.Release(It.IsAny<VolumeSpec>(), It.IsAny<string?>(), It.IsAny<Writer>(), It.IsAny<TimeSpan>()));
        Directory.CreateDirectory(Pod);
    }

    public static VolumeSpec Spec { get; } = new() { Image = "vol1", Pool = "hyper", VolumeName = "pv1" };

    public DriverConfig Config { get; set; }

    public Deadline Deadline { get; } = new(TimeSpan.FromMinutes(1));

    public List<string> Notes { get; } = [];

    public Steps Steps { get; }

    public Mock<IImages> Images { get; } = new(MockBehavior.Strict);

    /// <summary>A pod's dir.</summary>
    public string Pod => _dir["pod"];

    public string this[string name] => _dir[name];

    /// <summary>The made-up bus; nobody looks at it but what <see cref="Mappers"/> gives.</summary>
    public KrbdBus Bus => new(_dir["bus"]);

    public Mappers Mappers => new(Config, Steps, Bus);

    public ImageAttacher Attacher => new(Config, Images.Object, Mappers, Records, Steps);

    public AttachRecords Records => new(Config);

    /// <summary>The runtime, on the real bus of this machine.</summary>
    public HostRuntime Runtime => new(Config, Images.Object, Steps);

    /// <summary>All mounts at or below the test's folder.</summary>
    public string[] Mounted => [.. MountTable.Read().Entries.Select(mount => mount.MountPoint).Where(place => place.StartsWith(_dir.Path + "/", StringComparison.Ordinal))];

    /// <summary>Puts a device on the made-up bus.</summary>
    /// <returns>Its folder.</returns>
    public string Map(int id, uint major = 250, uint minor = 0, string image = "vol1", string pool = "hyper", string? fsid = Fsid, string? imageId = "10aa")
    {
        string folder = _dir[$"bus/devices/{id.ToString(CultureInfo.InvariantCulture)}"];
        Directory.CreateDirectory(folder);
        foreach (string control in (string[])["add", "remove"])
        {
            File.WriteAllText(_dir["bus/" + control], "");
        }

        foreach ((string name, string? value) in (IEnumerable<(string, string?)>)
            [("pool", pool), ("name", image), ("current_snap", "-"), ("major", $"{major}"), ("minor", $"{minor}"), ("size", "1073741824"), ("cluster_fsid", fsid), ("image_id", imageId)])
        {
            if (value is not null)
            {
                File.WriteAllText(Path.Combine(folder, name), value + "\n");
            }
        }

        return folder;
    }

    /// <summary>What was written to a control file of the made-up bus.</summary>
    public string Told(string control) => File.ReadAllText(_dir["bus/" + control]);

    /// <summary>Mounts a tmpfs; fails the test where that is not allowed.</summary>
    public void MountTmpfs(string name, string source = "test")
    {
        Directory.CreateDirectory(_dir[name]);
        Hyper.PodDir.MountOrFail(_dir[name], source);
    }

    public void Dispose()
    {
        foreach (string place in Mounted.Reverse())
        {
            Mounts.Unmount(place, lazy: true);
        }

        Deadline.Dispose();
        _dir.Dispose();
    }
}
