using System.Text.RegularExpressions;

namespace CephRbd.ArtifactTests;

/// <summary>A scenario that no test runs would show nothing.</summary>
public sealed partial class ScenarioListTests
{
    [Fact]
    public void Each_scenario_is_run_by_a_test()
    {
        string[] scenarios = [.. Directory.EnumerateFiles(Path.Combine(Repository.Tests, "scenarios"), "*.sh")
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Order(StringComparer.Ordinal)];
        string[] run = [.. Directory.EnumerateFiles(Repository.Tests, "*.cs", SearchOption.AllDirectories)
            .SelectMany(path => Runs().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .Order(StringComparer.Ordinal)];

        Assert.NotEmpty(scenarios);
        Assert.Equal(scenarios, run);
    }

    [GeneratedRegex(@"\bScenario\.Run\(""([a-z0-9-]+)""")]
    private static partial Regex Runs();
}
