using System.Security.Cryptography;
using System.Text.Json;
using CephRbd.LabTests.Native;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Driving;

/// <summary>A driver with a folder of its own on the lab's cluster, and looks at images by Ceph's own tools.</summary>
public abstract class DriverTest : LabTest
{
    private readonly List<PublishedDriver> _drivers = [];

    protected DriverTest(LabFixture lab)
        : base(lab)
    {
        try
        {
            Driver = NewDriver();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Works as client.cephrbd.</summary>
    protected PublishedDriver Driver { get; }

    protected PublishedDriver NewDriver(string user = "cephrbd")
    {
        PublishedDriver driver = new(Lab, user);
        _drivers.Add(driver);
        return driver;
    }

    protected override void Release()
    {
        foreach (PublishedDriver driver in _drivers)
        {
            driver.Dispose();
        }
    }

    /// <summary>Runs a tool of Ceph as client.admin; it must succeed.</summary>
    protected string Ceph(string tool, params string[] args)
    {
        (int exit, string output, string errors) = Lab.Run(tool, args);
        Assert.True(exit == 0, $"{tool} {string.Join(' ', args)}: {exit}: {output}{errors}");
        return output;
    }

    protected JsonElement Info(string image)
    {
        using var json = JsonDocument.Parse(Ceph("rbd", "info", Spec(image), "--format", "json"));
        return json.RootElement.Clone();
    }

    protected bool Exists(string image) => Lab.Run("rbd", "info", Spec(image)).Exit == 0;

    protected int Watchers(string image)
    {
        using var json = JsonDocument.Parse(Ceph("rbd", "status", Spec(image), "--format", "json"));
        return json.RootElement.GetProperty("watchers").GetArrayLength();
    }

    /// <summary>The image's bytes in a sparse file that goes with the test.</summary>
    protected string Export(string image)
    {
        string path = Path.Combine(Driver.Dir, "export-" + image.Replace('/', '_'));
        File.Delete(path);
        Ceph("rbd", "export", "--no-progress", Spec(image), path);
        return path;
    }

    /// <summary>A digest of all the image's bytes.</summary>
    protected string Digest(string image)
    {
        using var open = RbdImage.Open(Pool, image, readOnly: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ulong size = open.Stat().SizeBytes;
        byte[] buffer = new byte[4 << 20];
        for (ulong at = 0; at < size; at += (ulong)buffer.Length)
        {
            int read = open.Read(at, buffer.AsSpan(0, (int)Math.Min((ulong)buffer.Length, size - at)));
            hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>No mark of an unfinished format is left.</summary>
    protected void HasNoMark(string image) =>
        Assert.DoesNotContain("cephrbd", Ceph("rbd", "image-meta", "ls", Spec(image)), StringComparison.Ordinal);

    /// <summary>Makes an image of a file's bytes, holes left out.</summary>
    protected string Import(string path, params string[] options)
    {
        string image = NewName();
        Ceph("rbd", ["import", "--no-progress", .. options, path, Spec(image)]);
        return image;
    }

    /// <summary>The lab's ceph.conf without the line that names keyrings.</summary>
    protected string ConfWithoutKeyring() =>
        string.Concat(File.ReadLines(Lab.ConfFile).Where(line => !line.StartsWith("keyring", StringComparison.Ordinal)).Select(line => line + "\n"));

    /// <summary>Checks the file system in an exported image, reading only.</summary>
    protected static void CheckFileSystem(string path, string fsType)
    {
        (string tool, string[] args) = fsType switch
        {
            "ext2" or "ext3" or "ext4" => ("e2fsck", (string[])["-fn", path]),
            "xfs" => ("xfs_repair", ["-n", "-f", path]),
            "btrfs" => ("btrfs", ["check", path]),
            _ => ("fsck." + fsType, ["-n", path]),
        };
        (int exit, string output, string errors) = LabFixture.Execute(tool, args, TimeSpan.FromSeconds(120));
        Assert.True(exit == 0, $"{tool}: {exit}: {output}{errors}");
        Assert.Equal(fsType, Blkid(path, "TYPE"));
    }

    /// <summary>One value that blkid finds in a file; empty if it finds none.</summary>
    protected static string Blkid(string path, string tag) =>
        LabFixture.Execute("blkid", ["-p", "-o", "value", "-s", tag, path], TimeSpan.FromSeconds(30)).Output.Trim();

    protected string UuidOf(string image)
    {
        string path = Export(image);
        string uuid = Blkid(path, "UUID");
        File.Delete(path);
        return uuid;
    }

    protected static string Spec(string image) => image.Contains('/', StringComparison.Ordinal) ? image : "hyper/" + image;
}
