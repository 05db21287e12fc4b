using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Jewel;

/// <summary>A driver with Jewel's libraries, and with a command rbd that answers as Jewel's does.</summary>
public abstract class JewelTest : DriverTest
{
    protected JewelTest(LabFixture lab, JewelLibraries libraries)
        : base(lab)
    {
        ArgumentNullException.ThrowIfNull(libraries);
        Libraries = libraries;
        try
        {
            Directory.CreateDirectory(Programs);
            ReplaceRbd(File.ReadAllText(JewelLibraries.Script("rbd.sh")));
            libraries.GiveTo(Driver, Programs);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    protected JewelLibraries Libraries { get; }

    /// <summary>What rbd was called with, a line for each call.</summary>
    protected string[] RbdCalls => File.Exists(Path.Combine(Programs, "calls")) ? File.ReadAllLines(Path.Combine(Programs, "calls")) : [];

    private string Programs => Path.Combine(Driver.Dir, "programs");

    /// <summary>Has the driver find another command of that name.</summary>
    protected void ReplaceRbd(string script)
    {
        string path = Path.Combine(Programs, "rbd");
        File.WriteAllText(path, script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The image has no data at all.</summary>
    protected void IsBlank(string image) => Assert.Equal("[]", Ceph("rbd", "diff", Spec(image), "--format", "json").Trim());

    /// <summary>Attach, mount, mount again without a cluster, unmount; and what came of it.</summary>
    protected void TakeTheWholeWay(string fsType, string size)
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(size), Volume.FsType(fsType)));
        CheckFileSystem(Export(image), fsType);
        HasNoMark(image);
        Assert.Equal(0, Watchers(image));
        Assert.DoesNotContain(Ceph("rados", "-p", "hyper", "ls").Split('\n'), name => name.StartsWith("cephrbd.lock.", StringComparison.Ordinal) && name.EndsWith(Info(image).GetProperty("id").GetString()!, StringComparison.Ordinal));

        string dir = Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(image, Volume.FsType(fsType)));
        Assert.Single(Mounted.At(dir));
        string tag = File.ReadAllText(Path.Combine(dir, "hyper-flexvolume.json"));
        Assert.Contains($"\"volumeID\":\"{image}\",\"pool\":\"hyper\",\"fsType\":\"{fsType}\"", tag, StringComparison.Ordinal);
        Assert.Contains(MonitorAddress(), tag, StringComparison.Ordinal);
        Driver.Succeed("mount", dir, Volume.PodOptions(image, Volume.FsType(fsType)));
        Assert.Single(Mounted.At(dir));
        Driver.Succeed("unmount", dir);
        Assert.Empty(Mounted.At(dir));

        // Who else has the image: asked for once by each call that prepares it or gives it away.
        Assert.Equal(2, RbdCalls.Length);
        Assert.All(RbdCalls, call => Assert.StartsWith("status ", call, StringComparison.Ordinal));
    }

    private string MonitorAddress() => File.ReadAllText(Lab.ConfFile).Split("v1:")[1].Split(']')[0];
}
