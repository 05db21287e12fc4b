using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>
/// librados, librbd and libblkid that are not what their names say, or that hang. (Those that crash or print:
/// <see cref="Crashes.NativeLibraryTests"/>; old ones that lack what is optional: <see cref="Jewel.JewelTests"/>.)
/// </summary>
public sealed class LibraryTests(LabFixture lab) : FaultTest(lab)
{
    private const int Deadline = 5;
    private const string Hang = "#include <unistd.h>\n__attribute__((constructor)) static void hang(void) { for (;;) pause(); }\n";

    // librados needs libblkid itself, so that it is librados that can't be loaded then.
    [Theory]
    [InlineData("librados.so.2", "a script", "librados.so.2: invalid ELF header")]
    [InlineData("librados.so.2", "cut short", "librados")]
    [InlineData("librados.so.2", "a folder", "librados")]
    [InlineData("librados.so.2", "without functions", "librados")]
    [InlineData("librados.so.2", "hangs when loaded", "librados")]
    [InlineData("librbd.so.1", "a script", "librbd")]
    [InlineData("librbd.so.1", "cut short", "librbd")]
    [InlineData("librbd.so.1", "without functions", "librbd")]
    [InlineData("librbd.so.1", "hangs when loaded", "load librados")]
    [InlineData("libblkid.so.1", "a script", "hyper/")]
    [InlineData("libblkid.so.1", "cut short", "hyper/")]
    [InlineData("libblkid.so.1", "without functions", "hyper/")]
    [InlineData("libblkid.so.1", "hangs when loaded", "hyper/")]
    public void a_library_that_is_something_else_is_named_and_the_image_stays_blank(string soname, string fault, string words)
    {
        Driver.With("timeoutSeconds", Deadline);
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        string folder = Path.Combine(Driver.Dir, "lib");
        Directory.CreateDirectory(folder);
        Spoil(Path.Combine(folder, soname), soname, fault);
        Driver.WithEnvironment("LD_LIBRARY_PATH", folder);
        bool passedOver = fault == "a folder";
        foreach (string[] call in (string[][])[["mount", dir, Volume.PodOptions(image)], ["attach", Volume.Options(image)]])
        {
            Reply reply = InTime(Driver.Call(call), Deadline, image);
            Assert.True(passedOver || reply.Status == "Failure" && reply.Message.Contains(words, StringComparison.Ordinal), reply.Raw);
        }

        if (!passedOver)
        {
            Assert.Empty(Mounted.At(dir));
            Assert.Equal("", Blkid(Export(image), "TYPE"));
        }

        InTime(Driver.Succeed("unmount", dir), Deadline);
        Driver.Succeed("init");
        Driver.WithEnvironment("LD_LIBRARY_PATH", "/nowhere");
        Works(image, dir);
    }

    private void Spoil(string path, string soname, string fault)
    {
        switch (fault)
        {
            case "a script":
                File.WriteAllText(path, "#!/bin/sh\nexit 0\n# INPUT ( libsomething.so )\n" + new string('#', 5000));
                break;
            case "cut short":
                string real = Do("sh", "-c", $"ldconfig -p | sed -n 's/.*{soname} .*=> //p' | head -n 1").Trim();
                File.WriteAllBytes(path, File.ReadAllBytes(real)[..5000]);
                break;
            case "a folder":
                Directory.CreateDirectory(path);
                break;
            default:
                string code = Driver.WriteFile("spoiled.c", fault == "hangs when loaded" ? Hang : "int nothing;\n");
                Do(Emulation.Compiler, "-shared", "-fPIC", $"-Wl,-soname,{soname}", "-o", path, code);
                break;
        }
    }
}
