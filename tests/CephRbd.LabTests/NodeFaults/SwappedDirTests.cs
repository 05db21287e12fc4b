using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>
/// Somebody replaces the mount dir while a call is at work on it: by a link, a file, another dir, nothing. Nothing
/// outside the dir is touched, and no key lies anywhere but in a tmpfs.
/// </summary>
public sealed class SwappedDirTests(LabFixture lab) : FaultTest(lab)
{
    private static readonly string[] _kinds = ["link to files", "link to another pod's dir", "file", "another dir", "nothing"];

    [Fact]
    public void a_dir_that_is_replaced_during_mount_and_unmount_never_leads_a_call_astray()
    {
        Random random = new(4);
        string image = CreateImage(64 * MiB);
        string otherImage = CreateImage(64 * MiB);
        Canary canary = new(Path.Combine(Driver.Dir, "canary"));
        string other = Driver.NewMountDir("other");
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.PodOptions(image));
        Driver.Succeed("unmount", Driver.NewMountDir());
        Driver.Succeed("mount", other, Volume.PodOptions(otherImage));
        int swaps = 0;
        for (int round = Rounds(10); round > 0; round--)
        {
            string kind = _kinds[random.Next(_kinds.Length)];
            string dir = Driver.NewMountDir();
            using (Swapper swapper = new(dir, Path.Combine(Driver.Dir, "beside"), kind, canary.Dir, other, random.Next()))
            {
                InTime(Driver.Call("mount", dir, Volume.PodOptions(image)), 60, dir);
                InTime(Driver.Call("unmount", dir), 60, dir);
                InTime(Driver.Call("mount", dir, Volume.PodOptions(image)), 60, dir);
                swapper.PutBack();
                KeysOnlyInMemory(dir, other);
                swaps += swapper.Swaps;
            }

            canary.IsUntouched();
            TagStands(other);
            Driver.Succeed("mount", dir, Volume.PodOptions(image));
            TagStands(dir);
            using (Swapper swapper = new(dir, Path.Combine(Driver.Dir, "beside"), kind, canary.Dir, other, random.Next()))
            {
                InTime(Driver.Call("unmount", dir), 60, dir);
                InTime(Driver.Call("unmount", dir), 60, dir);
                swapper.PutBack();
                swaps += swapper.Swaps;
            }

            Driver.Succeed("unmount", dir);
            Assert.Empty(Directory.EnumerateFileSystemEntries(dir));
            Assert.Empty(Mounted.At(dir));
            canary.IsUntouched();
            TagStands(other);
        }

        Assert.True(swaps > 0, "the dir was never replaced");
        Driver.Succeed("unmount", other);
        NothingLeft(image, otherImage);
        TestContext.Current.SendDiagnosticMessage($"{swaps} swaps");
    }

    [Fact]
    public void with_directory_storage_the_key_is_never_written_anywhere_else()
    {
        Random random = new(5);
        Driver.With("tagStorage", "directory");
        string image = CreateImage(64 * MiB);
        Canary canary = new(Path.Combine(Driver.Dir, "canary"));
        string other = Driver.NewMountDir("other");
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.PodOptions(image));
        Driver.Succeed("unmount", Driver.NewMountDir());
        for (int round = Rounds(10); round > 0; round--)
        {
            string dir = Driver.NewMountDir();
            using (Swapper swapper = new(dir, Path.Combine(Driver.Dir, "beside"), "link to files", canary.Dir, other, random.Next()))
            {
                InTime(Driver.Call("mount", dir, Volume.PodOptions(image)), 60, dir);
                InTime(Driver.Call("unmount", dir), 60, dir);
                InTime(Driver.Call("mount", dir, Volume.PodOptions(image)), 60, dir);
                swapper.PutBack();
            }

            canary.IsUntouched();
            Driver.Succeed("unmount", dir);
            Assert.Empty(Directory.EnumerateFileSystemEntries(dir));
        }

        NothingLeft(image);
    }

    // On the disk of the test's folder there is no key but those of the keyring: a tag lies in a tmpfs.
    private void KeysOnlyInMemory(params string[] dirs)
    {
        EnumerationOptions noLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string path in Directory.EnumerateFiles(Driver.Dir, "*" + TagName + "*", noLinks))
        {
            string folder = Path.GetDirectoryName(path)!;
            Assert.True(
                Array.Exists(dirs, dir => dir == folder) && Mounted.At(folder).Count == 1 || !File.ReadAllText(path).Contains(Driver.Key, StringComparison.Ordinal),
                $"a key lies in {path}");
        }
    }
}
