using System.Globalization;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>
/// A fault of the node under a call: the call answers in time and says what to do, and once the fault is gone the next
/// call succeeds and nothing is left. What each test holds its calls to.
/// </summary>
public abstract class FaultTest(LabFixture lab) : DriverTest(lab)
{
    /// <summary>The tag's file.</summary>
    protected const string TagName = "hyper-flexvolume.json";

    private const string Variable = "CEPHRBD_FAULT_ROUNDS";
    private static readonly TimeSpan _overtime = TimeSpan.FromSeconds(5);

    /// <summary>How often a random test is to go round: CEPHRBD_FAULT_ROUNDS, or what takes seconds.</summary>
    protected static int Rounds(int few) => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text
        ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : few;

    /// <summary>The reply came within the call's deadline and five seconds, and a Failure names the image or dir.</summary>
    protected static Reply InTime(Reply reply, int deadlineSeconds, params string[] oneOf)
    {
        ArgumentNullException.ThrowIfNull(reply);
        Assert.True(reply.Elapsed <= TimeSpan.FromSeconds(deadlineSeconds) + _overtime, $"{reply.Elapsed}: {reply.Raw}");
        if (reply.Status == "Failure" && oneOf.Length > 0)
        {
            Assert.True(Array.Exists(oneOf, word => reply.Message.Contains(word, StringComparison.Ordinal)), $"names none of {string.Join(", ", oneOf)}: {reply.Raw}");
        }

        return reply;
    }

    /// <summary>No mount, stage, scratch file or watcher is left of the test's calls.</summary>
    protected void NothingLeft(params string[] images)
    {
        ArgumentNullException.ThrowIfNull(images);
        Assert.Empty(Mounted.Below(Path.Combine(Driver.Dir, "mounts")));
        NothingStaged();
        foreach (string image in images)
        {
            Assert.Equal(0, Watchers(image));
        }
    }

    /// <summary>No stage and no temporary file is left in the driver's own folders.</summary>
    protected void NothingStaged()
    {
        string stages = Path.Combine(Driver.RunDir, "stage");
        Assert.True(!Directory.Exists(stages) || !Directory.EnumerateFileSystemEntries(stages).Any(), $"{stages} is not empty");
        foreach (string folder in (string[])[Driver.RunDir, Driver.ScratchDir])
        {
            Assert.True(
                !Directory.Exists(folder) || !Directory.EnumerateFiles(folder, ".*").Any(), $"temporary files are left in {folder}");
        }
    }

    /// <summary>Runs a program of the node; it must succeed.</summary>
    protected static string Do(string program, params string[] args)
    {
        (int exit, string output, string errors) = LabFixture.Execute(program, args, TimeSpan.FromSeconds(60));
        Assert.True(exit == 0, $"{program} {string.Join(' ', args)}: {exit}: {errors}");
        return output;
    }

    /// <summary>Mounts a tmpfs below the test's folder; it goes with the test.</summary>
    protected static void Tmpfs(string dir, string options)
    {
        Directory.CreateDirectory(dir);
        Do("mount", "-t", "tmpfs", "-o", options, "fault", dir);
    }

    /// <summary>Mounts the image, checks the tag and unmounts it again: all is as it should be.</summary>
    protected void Works(string image, string? dir = null)
    {
        dir ??= Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(image, Volume.Size("64Mi")));
        TagStands(dir);
        Driver.Succeed("unmount", dir);
        Assert.Empty(Directory.EnumerateFileSystemEntries(dir));
        NothingLeft(image);
    }

    /// <summary>The dir holds the tag, with the key, in a tmpfs of its own.</summary>
    protected void TagStands(string dir)
    {
        MountLine mount = Assert.Single(Mounted.At(dir));
        Assert.Equal(("tmpfs", "cephrbd"), (mount.FsType, mount.Source));
        Assert.Contains(Driver.Key, File.ReadAllText(Path.Combine(dir, TagName)), StringComparison.Ordinal);
    }
}
