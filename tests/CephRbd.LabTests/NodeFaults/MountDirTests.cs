using System.Text;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>Mount dirs that are not as kubelet makes them.</summary>
public sealed class MountDirTests(LabFixture lab) : FaultTest(lab)
{
    [Theory]
    [InlineData("with blanks  and\ttabs")]
    [InlineData("with a\nnew line\n")]
    [InlineData("back\\slash\\040 \\134 \\012")]
    [InlineData("#hash * ? [a] {b} $(c) `d` ' \" %s")]
    [InlineData("漢字 é \U0001F600 \u202E")]
    [InlineData("-rf")]
    [InlineData(" - tmpfs cephrbd rw")]
    [InlineData("x//deleted")]
    [InlineData("x (deleted)")]
    public void a_dir_of_any_name_is_mounted_once_and_unmounted(string name)
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir(name.Replace('/', '-'));
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        TagStands(dir);
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        TagStands(dir);
        Driver.Fail(["mount", dir, Volume.PodOptions("other")], image, "other");
        Driver.Succeed("unmount", dir);
        Driver.Succeed("unmount", dir);
        Works(image, dir);
    }

    [Fact]
    public void a_dir_whose_path_is_as_long_as_the_kernel_takes_it_works_and_a_longer_one_is_a_failure()
    {
        string image = CreateImage(64 * MiB);
        var path = new StringBuilder(Path.Combine(Driver.Dir, "mounts"));
        while (path.Length + 201 < 3900)
        {
            path.Append('/').Append('d', 200);
        }

        string dir = path.ToString();
        Directory.CreateDirectory(dir);
        Works(image, dir);
        string longer = dir + "/" + new string('e', 90);
        InTime(Driver.Fail(["mount", longer, Volume.PodOptions(image)], "not a directory"), 60);
        string tooLong = longer + string.Concat(Enumerable.Repeat("/" + new string('e', 200), 10));
        InTime(Driver.Fail(["mount", tooLong, Volume.PodOptions(image)], "cannot look at", "name too long"), 60);
        InTime(Driver.Fail(["unmount", tooLong], "name too long"), 60);
        NothingLeft(image);
    }

    [Theory]
    [InlineData("link-to-etc")]
    [InlineData("link-to-pod")]
    [InlineData("link-to-nothing")]
    [InlineData("file")]
    [InlineData("fifo")]
    public void what_is_no_directory_is_left_as_it_is(string kind)
    {
        string image = CreateImage(64 * MiB);
        Canary canary = new(Path.Combine(Driver.Dir, "canary"));
        string other = Driver.NewMountDir("other");
        string otherImage = CreateImage(64 * MiB);
        Driver.Succeed("mount", other, Volume.PodOptions(otherImage));
        string dir = Path.Combine(Driver.Dir, "mounts", "vol");
        switch (kind)
        {
            case "file":
                File.WriteAllText(dir, "somebody's");
                break;
            case "fifo":
                Do("mkfifo", dir);
                break;
            default:
                File.CreateSymbolicLink(dir, kind switch { "link-to-etc" => canary.Dir, "link-to-pod" => other, _ => "/nowhere/at/all" });
                break;
        }

        foreach (string slash in (string[])["", "/"])
        {
            InTime(Driver.Fail(["mount", dir + slash, Volume.PodOptions(image)], dir, "not a directory"), 60);
            InTime(Driver.Fail(["unmount", dir + slash], dir, "not a directory"), 60);
        }

        canary.IsUntouched();
        TagStands(other);
        File.Delete(dir);
        Directory.CreateDirectory(dir);
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        TagStands(dir);
        Driver.Succeed("unmount", dir);
        TagStands(other);
        Driver.Succeed("unmount", other);
        NothingLeft(image, otherImage);
    }

    [Fact]
    public void what_somebody_else_mounted_there_is_refused_by_mount_and_unmount_and_left()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        Tmpfs(dir, "size=64k");
        File.WriteAllText(Path.Combine(dir, "theirs"), "theirs");
        InTime(Driver.Fail(["mount", dir, Volume.PodOptions(image)], dir, "umount"), 60);
        InTime(Driver.Fail(["unmount", dir], dir, "umount"), 60);
        Assert.Equal("theirs", File.ReadAllText(Path.Combine(dir, "theirs")));
        Do("umount", dir);
        Works(image, dir);
    }

    [Fact]
    public void another_pods_tag_bound_over_the_dir_is_not_taken_for_this_volume()
    {
        string image = CreateImage(64 * MiB);
        string otherImage = CreateImage(64 * MiB);
        string other = Driver.NewMountDir("other");
        Driver.Succeed("mount", other, Volume.PodOptions(otherImage));
        string dir = Driver.NewMountDir();
        Do("mount", "--bind", other, dir);
        InTime(Driver.Fail(["mount", dir, Volume.PodOptions(image)], dir, otherImage, "unmount"), 60);
        TagStands(other);
        Do("umount", dir);
        TagStands(other);
        Driver.Succeed("unmount", other);
        Works(image, dir);
        NothingLeft(otherImage);
    }

    [Fact]
    public void a_mount_inside_the_dir_is_refused_and_one_inside_the_tags_does_not_keep_the_key()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        string inner = Path.Combine(dir, "inner");
        Tmpfs(inner, "size=64k");
        InTime(Driver.Fail(["mount", dir, Volume.PodOptions(image)], dir, "inner", "not empty"), 60);
        InTime(Driver.Fail(["unmount", dir], dir, "inner"), 60);
        Do("umount", inner);
        Directory.Delete(inner);

        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Tmpfs(inner, "size=64k");
        InTime(Driver.Succeed("unmount", dir), 60);
        Assert.Empty(Mounted.At(dir));
        Assert.Empty(Mounted.Below(dir));
        Works(image, dir);
    }

    [Fact]
    public void modes_and_a_read_only_place_make_no_difference_to_the_tag_in_its_own_tmpfs()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        Do("chmod", "000", dir);
        Works(image, dir);
        Do("chmod", "07777", dir);
        Works(image, dir);
        Do("chmod", "0750", dir);

        // The whole place is read-only; the dir itself is no mount point.
        string mounts = Path.GetDirectoryName(dir)!;
        Do("mount", "--bind", mounts, mounts);
        Do("mount", "-o", "remount,ro,bind", mounts);
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        TagStands(dir);
        Driver.Succeed("unmount", dir);
        Do("umount", mounts);

        // The dir itself is a read-only bind: that is somebody's mount.
        Do("mount", "--bind", dir, dir);
        Do("mount", "-o", "remount,ro,bind", dir);
        InTime(Driver.Fail(["mount", dir, Volume.PodOptions(image)], dir, "umount"), 60);
        InTime(Driver.Fail(["unmount", dir], dir, "umount"), 60);
        Do("umount", dir);
        Works(image, dir);
    }

    [Fact]
    public void the_tag_made_read_only_goes_all_the_same()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Do("mount", "-o", "remount,ro", dir);
        InTime(Driver.Call("unmount", dir), 60, dir);
        if (Mounted.At(dir).Count > 0)
        {
            Do("mount", "-o", "remount,rw", dir);
        }

        Driver.Succeed("unmount", dir);
        Works(image, dir);
    }

    [Fact]
    public void a_dir_that_cannot_hold_a_tag_with_directory_storage_is_a_failure_and_holds_nothing()
    {
        string image = CreateImage(64 * MiB);
        Driver.With("tagStorage", "directory");
        string dir = Driver.NewMountDir();
        string mounts = Path.GetDirectoryName(dir)!;
        Do("mount", "--bind", mounts, mounts);
        Do("mount", "-o", "remount,ro,bind", mounts);
        InTime(Driver.Fail(["mount", dir, Volume.PodOptions(image)], dir, image, "Read-only"), 60);
        Do("umount", mounts);
        Assert.Empty(Directory.EnumerateFileSystemEntries(dir));
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Driver.Succeed("unmount", dir);
        Assert.Empty(Directory.EnumerateFileSystemEntries(dir));
        NothingLeft(image);
    }
}
