using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// A driver, images with known contents, and what has to hold after each fault. Ceph's own tools look at the cluster.
/// </summary>
public abstract class FaultTest : IDisposable
{
    /// <summary>timeoutSeconds of calls that meet a fault.</summary>
    protected const int Hurried = 6;

    /// <summary>timeoutSeconds of the calls that come after it.</summary>
    protected const int Patient = 60;

    private readonly List<PublishedDriver> _drivers = [];
    private readonly HashSet<string> _images = new(StringComparer.Ordinal);
    private readonly string _template;
    private readonly string? _network;

    /// <param name="lab">The cluster.</param>
    /// <param name="network">The network namespace that drivers are in; null for this process's own.</param>
    protected FaultTest(LabFixture lab, string? network = null)
    {
        Lab = lab;
        _network = network;
        try
        {
            Driver = NewDriver();
            (_template, Contents) = MakeTemplate();
        }
        catch
        {
            DisposeDrivers();
            throw;
        }
    }

    protected LabFixture Lab { get; }

    protected PublishedDriver Driver { get; }

    /// <summary>The digest of an image with known contents.</summary>
    protected string Contents { get; }

    private protected Answers Answers { get; } = new();

    private protected Leftovers Leftovers => new(Lab, "hyper");

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        try
        {
            Answers.Tell();
            foreach (string image in _images)
            {
                Lab.Run("rbd", "rm", "--no-progress", image);
            }
        }
        finally
        {
            DisposeDrivers();
            Release();
        }
    }

    /// <summary>For what a test class holds besides; called last.</summary>
    protected virtual void Release()
    {
    }

    protected PublishedDriver NewDriver(string user = "cephrbd")
    {
        PublishedDriver driver = new PublishedDriver(Lab, user) { Network = _network }.With("timeoutSeconds", Patient);
        _drivers.Add(driver);
        return driver;
    }

    /// <summary>A name that no other test uses. Its image goes with the test.</summary>
    protected string NewName(string pool = "hyper")
    {
        string name = Lab.NewImageName();
        _images.Add($"{pool}/{name}");
        return name;
    }

    /// <summary>An ext4 of 16 MiB with files in it.</summary>
    protected string Formatted(string pool = "hyper")
    {
        string name = NewName(pool);
        Import($"{pool}/{name}");
        return name;
    }

    /// <summary>Makes an image of the known contents.</summary>
    protected void Import(string spec) => Ceph("rbd", "import", "--no-progress", _template, spec);

    /// <summary>An image of zeros.</summary>
    protected string Blank()
    {
        string name = NewName();
        Ceph("rbd", "create", "--size", "64M", "hyper/" + name);
        return name;
    }

    /// <summary>Runs a tool of Ceph as client.admin; it must succeed.</summary>
    protected string Ceph(string tool, params string[] args)
    {
        (int exit, string output, string errors) = Lab.Run(tool, args);
        Assert.True(exit == 0, $"{tool} {string.Join(' ', args)}: {exit}: {output}{errors}");
        return output;
    }

    /// <summary>The known contents are in the image still, to the last bit.</summary>
    protected void HoldsItsContents(string image, string pool = "hyper")
    {
        string path = Export($"{pool}/{image}");
        try
        {
            Assert.Equal(Contents, DigestOf(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The image has a whole ext4.</summary>
    protected void HoldsAFileSystem(string image)
    {
        string path = Export("hyper/" + image);
        try
        {
            Tool("e2fsck", "-fn", path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    protected string Export(string spec)
    {
        string path = Path.Combine(Driver.Dir, "export-" + spec.Replace('/', '_'));
        File.Delete(path);
        Ceph("rbd", "export", "--no-progress", spec, path);
        return path;
    }

    protected static string Tool(string program, params string[] args)
    {
        (int exit, string output, string errors) = LabFixture.Execute(program, args, TimeSpan.FromSeconds(60));
        Assert.True(exit == 0, $"{program} {string.Join(' ', args)}: {exit}: {output}{errors}");
        return output;
    }

    /// <summary>The dir is a mount point, once, and the tag in it is whole and of this image.</summary>
    protected static void IsMounted(string dir, string image)
    {
        Assert.Single(Mounted.At(dir));
        using var tag = JsonDocument.Parse(File.ReadAllText(Path.Combine(dir, "hyper-flexvolume.json")));
        JsonElement data = tag.RootElement.GetProperty("cephRBDOptsData");
        Assert.Equal(image, data.GetProperty("volumeID").GetString());
        Assert.True(data.GetProperty("keyring").GetString()!.Length > 20, "the tag's key is cut");
        Assert.True(data.GetProperty("monitors").GetArrayLength() > 0, "the tag has no monitors");
    }

    /// <summary>
    /// What follows a fault: the mount succeeds, the dir is mounted once; the unmount succeeds, and the dir is empty. A
    /// client that was cut off is listed by Ceph for 30 s: a mount that says so is repeated, as kubelet does.
    /// </summary>
    protected void IsMadeGood(PublishedDriver driver, string dir, string options, string image, string pool = "hyper")
    {
        ArgumentNullException.ThrowIfNull(driver);
        Reply reply = DeadClients.Outlast(Lab, $"{pool}/{image}", () => driver.Call("mount", dir, options));
        Assert.True(reply.Status == "Success", reply.Raw);
        IsMounted(dir, image);
        driver.Succeed("unmount", dir);
        IsEmpty(dir);
    }

    protected static void IsEmpty(string dir)
    {
        Assert.Empty(Mounted.At(dir));
        Assert.Empty(Directory.EnumerateFileSystemEntries(dir));
    }

    internal static void Await(Func<bool> condition, string what, int seconds = 60)
    {
        ArgumentNullException.ThrowIfNull(condition);
        for (var watch = Stopwatch.StartNew(); !condition(); Thread.Sleep(100))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(seconds), $"not within {seconds} s: {what}");
        }
    }

    private (string Path, string Digest) MakeTemplate()
    {
        string files = Path.Combine(Driver.Dir, "files");
        Directory.CreateDirectory(files);
        byte[] noise = new byte[300_000];
        for (int i = 0; i < 5; i++)
        {
            new Random(i).NextBytes(noise);
            File.WriteAllBytes(Path.Combine(files, $"file{i}"), noise);
        }

        string image = Path.Combine(Driver.Dir, "template");
        Tool("mke2fs", "-q", "-F", "-t", "ext4", "-d", files, image, "16M");
        return (image, DigestOf(image));
    }

    private static string DigestOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }

    private void DisposeDrivers()
    {
        foreach (PublishedDriver driver in _drivers)
        {
            driver.Dispose();
        }
    }
}
