using System.Globalization;

namespace CephRbd.ArtifactTests;

/// <summary>
/// A bash script of the folder <c>scenarios</c> that tries what was built. It is given ROOT, the project's folder;
/// ARTIFACTS, what was built; WORK, an empty folder of its own, removed when it succeeds. It cleans up after itself, also
/// when it is told to end (SIGTERM).
/// </summary>
internal static class Scenario
{
    /// <summary>Fails with the script's own words unless it ends with status 0.</summary>
    public static void Run(string name, int seconds = 300, params string[] args)
    {
        string script = Path.Combine(Repository.Tests, "scenarios", name + ".sh");
        string work = Directory.CreateTempSubdirectory($"cephrbd-{name}-").FullName;
        Dictionary<string, string> environment = new()
        {
            ["ROOT"] = Repository.Root,
            ["ARTIFACTS"] = Repository.Artifacts,
            ["WORK"] = work,
        };

        // timeout tells the script to end, so that it cleans up, before it kills it.
        string[] limited = ["-k", "20", seconds.ToString(CultureInfo.InvariantCulture), "bash", script, .. args];
        (int exit, string output, string errors) = Programs.Execute("timeout", limited, TimeSpan.FromSeconds(seconds + 30), environment);
        if (exit != 0)
        {
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"scenario {name} ended with {exit}:\n{output}\n{errors}"));
        }

        Directory.Delete(work, recursive: true);
    }
}
