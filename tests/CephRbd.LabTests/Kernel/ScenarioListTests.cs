using System.Text.RegularExpressions;

namespace CephRbd.LabTests.Kernel;

/// <summary>A scenario that no test runs would show nothing.</summary>
public sealed partial class ScenarioListTests
{
    [Fact]
    public void Each_scenario_is_run_by_one_test()
    {
        string folder = Guest.SourceFolder(LabFixture.FindRepositoryRoot());
        string[] scenarios = [.. Directory.EnumerateFiles(Path.Combine(folder, "scenarios"))
            .Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)];
        string[] run = [.. Directory.EnumerateFiles(folder, "*.cs")
            .SelectMany(path => Runs().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups[1].Value + ".sh")
            .Order(StringComparer.Ordinal)];

        Assert.NotEmpty(scenarios);
        Assert.Equal(scenarios, run);
    }

    [GeneratedRegex("""\b(?:_guest\.Run\(|Guest\.Script\(lab\.RepositoryRoot, )"([a-z-]+)"(?:, boots: [0-9])?\)""")]
    private static partial Regex Runs();
}
