using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Crashes;

/// <summary>Ceph's libraries gone mad or missing: kubelet still reads one reply.</summary>
public sealed class NativeLibraryTests(LabFixture lab) : DriverTest(lab)
{
    [Theory]
    [InlineData("stub_abort.c", "", "crashed")]
    [InlineData("stub_segv.c", "", "crashed")]
    [InlineData("stub_segv.c", "1", "crashed")]
    [InlineData("stub_exit.c", "", "crashed")]
    [InlineData("stub_noisy.c", "", "")]
    public void a_library_that_crashes_ends_the_process_or_prints_leaves_one_reply(string source, string thread, string words)
    {
        Compile(source);
        if (thread.Length > 0)
        {
            Driver.WithEnvironment("STUB_THREAD", thread);
        }

        foreach (string verb in (string[])["attach", "isattached"])
        {
            Driver.Fail([verb, Volume.Options("vol1")], "hyper/vol1", words);
        }

        Driver.Fail(["mount", Driver.NewMountDir(), Volume.PodOptions("vol1")], "hyper/vol1", words);
        Assert.Empty(Mounted.Below(Driver.Dir));
        Driver.Succeed("unmount", Driver.NewMountDir());
        Driver.Succeed("init");
    }

    [Fact]
    public void a_missing_library_is_named_with_its_package()
    {
        File.WriteAllText(Path.Combine(LibraryFolder(), "librados.so.2"), "");
        Driver.Fail(["attach", Volume.Options("vol1")], "hyper/vol1", "librados", "apt install librados2");
        Driver.Succeed("init");
        Driver.Succeed("unmount", Driver.NewMountDir());
    }

    private string LibraryFolder()
    {
        string folder = Path.Combine(Driver.Dir, "lib");
        Directory.CreateDirectory(folder);
        Driver.WithEnvironment("LD_LIBRARY_PATH", folder);
        return folder;
    }

    private void Compile(string source)
    {
        string target = Path.Combine(LibraryFolder(), "librados.so.2");
        string path = Path.Combine(Lab.RepositoryRoot, "tests", "CephRbd.LabTests", "NativeStubs", source);
        (int exit, _, string errors) = LabFixture.Execute(
            "cc", ["-shared", "-fPIC", "-pthread", "-Wl,-soname,librados.so.2", "-o", target, path], TimeSpan.FromSeconds(60));
        Assert.True(exit == 0, errors);
    }
}
