using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Jewel;

/// <summary>librados and librbd that export what a Jewel release has and no more, built once for a test class.</summary>
public abstract class JewelLibraries : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cephrbd-jewel-").FullName;

    protected JewelLibraries(string release)
    {
        try
        {
            string root = LabFixture.FindRepositoryRoot();
            (int exit, string output, string errors) = LabFixture.Execute(
                Script("forwarders.sh"),
                ["--symbols", Path.Combine(root, "tests", "CephRbd.UnitTests", "Native", "jewel-symbols.txt"), "--to", _folder, "--release", release],
                TimeSpan.FromSeconds(60));
            Assert.True(exit == 0, $"forwarders.sh: {exit}: {output}{errors}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Rados => Path.Combine(_folder, "librados.so.2");

    public string Rbd => Path.Combine(_folder, "librbd.so.1");

    /// <summary>One of the scripts beside this file.</summary>
    public static string Script(string name) =>
        Path.Combine(LabFixture.FindRepositoryRoot(), "tests", "CephRbd.LabTests", "Jewel", name);

    /// <summary>The functions that a library exports.</summary>
    public static string[] Exports(string library)
    {
        (int exit, string output, string errors) = LabFixture.Execute("nm", ["-D", "--defined-only", library], TimeSpan.FromSeconds(10));
        Assert.True(exit == 0, errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[^1])];
    }

    /// <summary>Has a driver find these libraries, and first on its PATH a folder of the test's.</summary>
    public void GiveTo(PublishedDriver driver, string programs)
    {
        ArgumentNullException.ThrowIfNull(driver);
        driver.WithEnvironment("LD_LIBRARY_PATH", _folder)
            .WithEnvironment("PATH", programs + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>The oldest release that is supported.</summary>
public sealed class SupportedJewel() : JewelLibraries("10.2.10");

/// <summary>The first release, which lacks what 10.2.3 and 10.2.6 brought.</summary>
public sealed class FirstJewel() : JewelLibraries("10.2.0");
