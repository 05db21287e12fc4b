using System.Text;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Verbs;

public sealed class MountTests(LabFixture lab) : DriverTest(lab)
{
    private const string TagName = "hyper-flexvolume.json";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public void the_tag_has_exactly_the_bytes_that_frakti_reads()
    {
        (string image, string dir) = Mount();
        string monitor = MonitorAddress();
        Assert.Equal(
            $$$"""{"cephRBDOptsData":{"volumeID":"{{{image}}}","pool":"hyper","fsType":"ext4","user":"cephrbd","keyring":"{{{Driver.Key}}}","monitors":["{{{monitor}}}"]}}""",
            File.ReadAllText(Path.Combine(dir, TagName)));
    }

    [Fact]
    public void the_tag_lies_in_a_small_tmpfs_of_its_own_for_root_alone()
    {
        (_, string dir) = Mount();
        MountLine mount = Assert.Single(Mounted.At(dir));
        Assert.Equal(("tmpfs", "cephrbd"), (mount.FsType, mount.Source));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(dir, TagName)));
        Assert.Equal("0", LabFixture.Execute("stat", ["-c", "%u", Path.Combine(dir, TagName)], TimeSpan.FromSeconds(10)).Output.Trim());
        foreach (string file in Directory.EnumerateFiles(dir))
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
        }

        Assert.True(new DriveInfo(dir).TotalSize <= 1 << 20);
        NothingStaged();
    }

    [Fact]
    public void a_missing_pod_does_not_matter_but_a_missing_dir_is_a_failure()
    {
        string image = CreateImage(64 * MiB);
        Driver.Fail(["mount", Path.Combine(Driver.Dir, "absent"), Volume.PodOptions(image)], "absent", "not a directory");
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.Options(image));
    }

    [Fact]
    public void with_directory_storage_the_tag_is_a_plain_file_and_nothing_else_is_left()
    {
        Driver.With("tagStorage", "directory");
        (string image, string dir) = Mount();
        Assert.Empty(Mounted.At(dir));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(dir, TagName)));
        Assert.Equal([".cephrbd-volume.json", TagName], Names(dir));
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Driver.Succeed("unmount", dir);
        Assert.Empty(Names(dir));
    }

    [Fact]
    public void a_repeated_mount_needs_no_cluster_and_changes_nothing()
    {
        (string image, string dir) = Mount();
        byte[] tag = File.ReadAllBytes(Path.Combine(dir, TagName));
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(dir, TagName));
        KillMonitorInConf();
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Driver.Succeed("mount", dir + "/", Volume.PodOptions(image));
        Assert.Single(Mounted.At(dir));
        Assert.Equal(tag, File.ReadAllBytes(Path.Combine(dir, TagName)));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(dir, TagName)));
    }

    [Fact]
    public void another_volume_for_a_dir_in_use_is_a_failure_that_names_the_difference()
    {
        (string image, string dir) = Mount();
        byte[] tag = File.ReadAllBytes(Path.Combine(dir, TagName));
        Driver.Fail(["mount", dir, Volume.PodOptions("other")], dir, image, "other", "unmount");
        Driver.Fail(["mount", dir, Volume.PodOptions(image, ("pool", "p2"))], dir, "p2");
        Driver.Fail(["mount", dir, Volume.PodOptions(image, ("user", "u2"))], dir, "u2");
        Driver.Fail(["mount", dir, Volume.PodOptions(image, ("namespace", "n2"))], dir, "n2");
        Driver.Fail(["mount", dir, Volume.PodOptions(image, Volume.FsType("xfs"))], dir, "xfs");
        Driver.Fail(["mount", dir, Volume.PodOptions(image, Volume.ReadOnly)], dir, "ro");
        Assert.Equal(tag, File.ReadAllBytes(Path.Combine(dir, TagName)));
        Assert.Single(Mounted.At(dir));
    }

    [Fact]
    public void the_original_drivers_tag_counts_as_mounted_and_can_be_unmounted()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        string path = Path.Combine(dir, TagName);
        File.WriteAllText(path, $$$"""{"cephRBDOptsData":{"volumeID":"{{{image}}}","pool":"hyper","fsType":"ext4","user":"cephrbd","keyring":"x","monitors":["127.0.0.1:6789"]}}""");
        byte[] before = File.ReadAllBytes(path);
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Empty(Mounted.At(dir));
        Driver.Succeed("unmount", dir);
        Assert.Empty(Names(dir));
    }

    [Fact]
    public void a_damaged_tag_is_replaced_by_a_whole_one()
    {
        (string image, string dir) = Mount();
        string path = Path.Combine(dir, TagName);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..40]);
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Assert.Equal(whole, File.ReadAllBytes(path));
        Assert.Single(Mounted.At(dir));
    }

    [Fact]
    public void unmount_leaves_an_empty_dir_and_repeats_without_cluster_or_dir()
    {
        (_, string dir) = Mount();
        KillMonitorInConf();
        Driver.Succeed("unmount", dir);
        Assert.Empty(Mounted.At(dir));
        Assert.Empty(Names(dir));
        Driver.Succeed("unmount", dir);
        Directory.Delete(dir);
        Driver.Succeed("unmount", dir);
        NothingStaged();
    }

    [Fact]
    public void unmount_succeeds_after_the_tmpfs_or_the_tag_vanished()
    {
        (string image, string dir) = Mount();
        Mounted.UnmountBelow(Path.GetDirectoryName(dir)!);
        Driver.Succeed("unmount", dir);
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        File.Delete(Path.Combine(dir, TagName));
        Driver.Succeed("unmount", dir);
        Assert.Empty(Mounted.At(dir));
    }

    [Fact]
    public void mount_succeeds_after_the_tag_was_taken_away_by_hand()
    {
        (string image, string dir) = Mount();
        File.Delete(Path.Combine(dir, TagName));
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Assert.Single(Mounted.At(dir));
        Assert.True(File.Exists(Path.Combine(dir, TagName)));
    }

    [Fact]
    public void unmount_does_not_wait_for_ever_for_a_reader_of_the_tag()
    {
        (_, string dir) = Mount();
        using FileStream reader = File.OpenRead(Path.Combine(dir, TagName));
        Assert.True(Driver.Succeed("unmount", dir).Elapsed < Emulation.Limit(10));
        Assert.Empty(Mounted.At(dir));
        Assert.Empty(Names(dir));
    }

    [Fact]
    public void a_mount_that_is_not_ours_is_refused_and_left_alone()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        CephRbd.Native.Linux.Mounts.MountTmpfs(dir, "somebody", "size=64k");
        File.WriteAllText(Path.Combine(dir, "theirs"), "data");
        Driver.Fail(["mount", dir, Volume.PodOptions(image)], dir, "tmpfs", "somebody");
        Driver.Fail(["unmount", dir], dir, "tmpfs", "somebody");
        Assert.Equal("somebody", Assert.Single(Mounted.At(dir)).Source);
        Assert.Equal("data", File.ReadAllText(Path.Combine(dir, "theirs")));
    }

    [Fact]
    public void files_that_are_not_ours_are_refused_and_left_alone()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        File.WriteAllText(Path.Combine(dir, "theirs"), "data");
        Driver.Fail(["mount", dir, Volume.PodOptions(image)], dir, "theirs");
        Driver.Fail(["unmount", dir], dir, "theirs");
        Assert.Equal("data", File.ReadAllText(Path.Combine(dir, "theirs")));
        Assert.Empty(Mounted.At(dir));
    }

    [Fact]
    public void symbolic_links_files_and_relative_paths_are_no_mount_dirs()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        string link = Path.Combine(Driver.Dir, "link");
        File.CreateSymbolicLink(link, dir);
        string file = Driver.WriteFile("file", "x");
        foreach (string bad in (string[])[link, link + "/", file, "mounts/vol", "", ".", "/proc/self/nothing"])
        {
            Driver.Fail(["mount", bad, Volume.PodOptions(image)], bad);
        }

        foreach (string bad in (string[])[link, file, "mounts/vol", ""])
        {
            Driver.Fail(["unmount", bad], bad);
        }

        Assert.Empty(Mounted.At(dir));
        Assert.True(File.Exists(file) && new FileInfo(link).LinkTarget == dir);
    }

    [Fact]
    public void a_failed_mount_leaves_nothing_behind()
    {
        string dir = Driver.NewMountDir();
        Driver.Fail(["mount", dir, Volume.PodOptions(NewName())], "does not exist");
        Assert.Empty(Mounted.At(dir));
        Assert.Empty(Names(dir));
        NothingStaged();
    }

    [Fact]
    public void dirs_with_blanks_and_letters_of_any_script_work()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir("a b\\c\"d'é漢\t$(x)");
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Assert.Single(Mounted.At(dir));
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Assert.Single(Mounted.At(dir));
        Driver.Succeed("unmount", dir);
        Assert.Empty(Mounted.At(dir));
    }

    private (string Image, string Dir) Mount()
    {
        string image = NewName();
        string dir = Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(image, Volume.Size("64Mi")));
        return (image, dir);
    }

    private void KillMonitorInConf() =>
        Driver.With("confFile", Driver.WriteFile("dead.conf", "[global]\nmon_host = 127.0.0.1:1\n")).With("timeoutSeconds", 5);

    private string MonitorAddress()
    {
        string conf = File.ReadAllText(Lab.ConfFile, Encoding.UTF8);
        return conf.Split("v1:")[1].Split(']')[0];
    }

    private void NothingStaged()
    {
        string stages = Path.Combine(Driver.RunDir, "stage");
        Assert.True(!Directory.Exists(stages) || !Directory.EnumerateFileSystemEntries(stages).Any());
        Assert.DoesNotContain(Mounted.Below(Driver.Dir), mount => mount.MountPoint.StartsWith(Driver.RunDir, StringComparison.Ordinal));
    }

    private static string[] Names(string dir) =>
        [.. Directory.EnumerateFileSystemEntries(dir).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
}
