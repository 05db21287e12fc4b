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

    [Theory]
    [InlineData("stub_abort.c", "")]
    [InlineData("stub_segv.c", "1")]
    [InlineData("stub_exit.c", "")]
    public void a_command_for_people_that_crashes_says_so(string source, string thread)
    {
        Compile(source);
        if (thread.Length > 0)
        {
            Driver.WithEnvironment("STUB_THREAD", thread);
        }

        foreach (string[] call in (string[][])[["doctor", "--json"], ["release", "hyper/vol1"]])
        {
            using DriverProcess process = Driver.Start(call);
            (int exit, string said) = process.Wait();
            Assert.Equal(2, exit);
            Assert.StartsWith($"cephrbd {call[0]}: the driver or a native library crashed", said, StringComparison.Ordinal);
            Assert.Equal(said.Length - 1, said.IndexOf('\n', StringComparison.Ordinal));
        }
    }

    [Fact]
    public void a_call_into_a_library_that_never_returns_is_cut_off_at_the_deadline()
    {
        Compile("stub_hang.c");
        Driver.With("timeoutSeconds", 5);
        foreach (string[] call in (string[][])[["attach", Volume.Options("vol1")], ["mount", Driver.NewMountDir(), Volume.PodOptions("vol1")]])
        {
            Reply reply = Driver.Fail(call, "hyper/vol1", "no end within 5 s", "load librados");
            Assert.InRange(reply.Elapsed, TimeSpan.FromSeconds(5), Emulation.Limit(10));
        }

        Assert.Empty(Mounted.Below(Driver.Dir));
        Driver.Succeed("unmount", Driver.NewMountDir());
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
        string folder = LibraryFolder();
        string stub = Path.Combine(Lab.RepositoryRoot, "tests", "CephRbd.LabTests", "NativeStubs", source);
        Run(Emulation.Compiler, "-shared", "-fPIC", "-pthread", "-Wl,-soname,librados.so.2", "-o", Path.Combine(folder, "librados.so.2"), stub);

        // The real librbd does not load over a stub: it needs far more of librados than we do.
        string real = Run("ldconfig", "-p").Split('\n').First(line => line.Contains("librbd.so.1 ", StringComparison.Ordinal)).Split("=> ")[1];
        IEnumerable<string> functions = Run("nm", "-D", "--defined-only", real).Split('\n')
            .Select(line => line.Split(' ')[^1].Split('@')[0])
            .Where(name => name.StartsWith("rbd_", StringComparison.Ordinal));
        string code = Driver.WriteFile("stub_rbd.c", string.Concat(functions.Select(name => $"int {name}(void) {{ return -22; }}\n")));
        Run(Emulation.Compiler, "-shared", "-fPIC", "-Wl,-soname,librbd.so.1", "-o", Path.Combine(folder, "librbd.so.1"), code);
    }

    private static string Run(string tool, params string[] args)
    {
        (int exit, string output, string errors) = LabFixture.Execute(tool, args, TimeSpan.FromSeconds(60));
        Assert.True(exit == 0, errors);
        return output;
    }
}
