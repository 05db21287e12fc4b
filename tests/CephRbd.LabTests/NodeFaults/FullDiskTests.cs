using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>The folders that the driver writes to are full, without inodes, or read-only.</summary>
public sealed class FullDiskTests(LabFixture lab) : FaultTest(lab)
{
    [Theory]
    [InlineData("run", "full")]
    [InlineData("run", "no inodes")]
    [InlineData("run", "read-only")]
    [InlineData("scratch", "full")]
    [InlineData("scratch", "no inodes")]
    [InlineData("scratch", "read-only")]
    [InlineData("log", "full")]
    [InlineData("log", "no inodes")]
    [InlineData("log", "read-only")]
    public void a_folder_that_takes_nothing_is_named_or_not_needed_and_does_no_harm(string name, string fault)
    {
        string folder = Path.Combine(Driver.Dir, name);
        string image = CreateImage(320 * MiB);
        string formatted = CreateImage(320 * MiB);
        Works(formatted);

        // From the start: nothing of the driver's own is in there.
        string dir = Driver.NewMountDir();
        Break(folder, fault);
        Calls(image, dir, folder, name);
        Calls(formatted, dir, folder, name);
        Do("umount", folder);
        foreach (string each in (string[])[image, formatted])
        {
            Driver.Succeed("mount", dir, Volume.PodOptions(each));
            TagStands(dir);
            Driver.Succeed("unmount", dir);
        }

        // While the volume is mounted.
        Driver.Succeed("mount", dir, Volume.PodOptions(formatted));
        Do("mount", "--bind", folder, folder);
        if (fault == "read-only")
        {
            Do("mount", "-o", "remount,bind,ro", folder);
        }
        else
        {
            Do("umount", folder);
            Break(folder, fault);
        }

        Reply reply = InTime(Driver.Call("unmount", dir), 60, dir, folder);
        if (name != "run")
        {
            Assert.True(reply.Status == "Success", reply.Raw);
        }

        Status();
        Do("umount", folder);
        Driver.Succeed("unmount", dir);
        Works(formatted);
        HasNoMark(image);
        NothingLeft(image);
    }

    private void Calls(string image, string dir, string folder, string name)
    {
        Reply reply = InTime(Driver.Call("mount", dir, Volume.PodOptions(image)), 60, image);
        Judge(reply, folder, name);
        Assert.Equal(reply.Status == "Success" ? 1 : 0, Mounted.At(dir).Count);
        Judge(InTime(Driver.Call("unmount", dir), 60, dir), folder, name);
        Assert.Empty(Mounted.At(dir));
        Judge(InTime(Driver.Call("attach", Volume.Options(image)), 60, image), folder, name);
        Status();
    }

    // A log that can't be written keeps no volume; the others are named.
    private static void Judge(Reply reply, string folder, string name)
    {
        Assert.True(reply.Status == "Success" || name != "log", reply.Raw);
        Assert.True(
            reply.Status == "Success" || reply.Message.Contains(folder, StringComparison.Ordinal) || reply.Message.Contains("No space left", StringComparison.Ordinal), reply.Raw);
        Assert.DoesNotContain("unexpected", reply.Raw, StringComparison.Ordinal);
    }

    private void Status()
    {
        using DriverProcess process = Driver.Start("status");
        (int exit, string said) = process.Wait();
        Assert.True(exit is 0 or 1, $"{exit}: {said}");
        Assert.DoesNotContain("nhandled", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Driver.Key, said, StringComparison.Ordinal);
    }

    private static void Break(string folder, string fault)
    {
        Tmpfs(folder, fault == "no inodes" ? "size=64k,nr_inodes=2" : "size=64k,mode=0700");
        string filler = Path.Combine(folder, "filler");
        switch (fault)
        {
            case "full":
                (int exit, _, string errors) = LabFixture.Execute("dd", ["if=/dev/zero", $"of={filler}", "bs=4k"], TimeSpan.FromSeconds(30));
                Assert.True(exit == 1 && errors.Contains("No space", StringComparison.Ordinal), errors);
                break;
            case "no inodes":
                File.WriteAllText(filler, "");
                Assert.Throws<IOException>(() => File.WriteAllText(filler + "2", ""));
                break;
            default:
                Do("mount", "-o", "remount,ro", folder);
                break;
        }
    }
}
