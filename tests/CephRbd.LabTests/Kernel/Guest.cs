using System.Globalization;

namespace CephRbd.LabTests.Kernel;

/// <summary>The tests of one collection share a lab and run one after another: a guest wants a processor of its own.</summary>
[CollectionDefinition(Name)]
public sealed class GuestCollection : ICollectionFixture<KernelLab>
{
    public const string Name = "a kernel with rbd";
}

/// <summary>As long as the first one, and beside it: two guests take less time on two processors.</summary>
[CollectionDefinition(Name)]
public sealed class SecondGuestCollection : ICollectionFixture<KernelLab>
{
    public const string Name = "another kernel with rbd";
}

/// <summary>
/// Runs a scenario, a bash script of the folder <c>scenarios</c>, in a user-mode kernel: with krbd, nbd, ext4 and XFS
/// of Linux, and the published driver called as kubelet calls it.
/// </summary>
public sealed class Guest(KernelLab lab)
{
    // With more rounds than by default, a scenario that goes by them takes as much longer.
    private static int Seconds => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CEPHRBD_FAULT_ROUNDS")) ? 400 : 2400;

    /// <summary>The folder of the scenarios and of what they share.</summary>
    public static string SourceFolder(string repositoryRoot) =>
        Path.Combine(repositoryRoot, "tests", "CephRbd.LabTests", "Kernel");

    /// <summary>The script of a scenario.</summary>
    public static string Script(string repositoryRoot, string scenario) => Path.Combine(SourceFolder(repositoryRoot), "scenarios", scenario + ".sh");

    /// <summary>Fails with the script's own words unless it ends with status 0.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="boots">How many times the guest is started with it.</param>
    public void Run(string scenario, int boots = 1)
    {
        string share = lab.MakeShare(scenario, Script(lab.RepositoryRoot, scenario));
        (int exit, string output, string errors) = lab.Boot(share, Seconds);
        for (int boot = 1; boot < boots && exit == 0; boot++)
        {
            (exit, output, errors) = lab.Boot(share, Seconds);
        }

        TestContext.Current.SendDiagnosticMessage("{0}", output);
        if (exit == 0)
        {
            Directory.Delete(share, recursive: true);
            return;
        }

        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"scenario {scenario} ended with {exit}:\n{output}\n{errors}"));
    }
}
