using System.Diagnostics;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Doctor;

/// <summary>One call of <c>cephrbd doctor --json</c> that has ended.</summary>
internal sealed class DoctorRun
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly (string Name, string State, string Evidence, string Remedy)[] _findings;

    private DoctorRun(int exit, TimeSpan time, string output)
    {
        Exit = exit;
        Time = time;
        Output = output;
        using var json = JsonDocument.Parse(output);
        _findings =
        [
            .. json.RootElement.GetProperty("checks").EnumerateArray().Select(check => (
                check.GetProperty("name").GetString()!, check.GetProperty("state").GetString()!,
                check.GetProperty("evidence").GetString()!, check.GetProperty("remedy").GetString() ?? "")),
        ];
    }

    public int Exit { get; }

    public TimeSpan Time { get; }

    public string Output { get; }

    /// <summary>Runs it. Its patience and what a busy machine adds are never exceeded, and no key is shown.</summary>
    public static DoctorRun Of(PublishedDriver driver, params string[] arguments)
    {
        var watch = Stopwatch.StartNew();
        (int exit, string output, string errors) = LabFixture.Execute(driver.Binary, ["--config", driver.ConfigFile, "doctor", "--json", .. arguments], _limit);
        watch.Stop();
        Assert.Equal("", errors);
        Assert.DoesNotContain(driver.Key, output, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < Emulation.Limit(6 + 5), $"{watch.Elapsed}: {output}");
        return new DoctorRun(exit, watch.Elapsed, output);
    }

    /// <summary>All findings of a check have this state, and one of them holds the words in evidence or remedy.</summary>
    public DoctorRun Has(string name, string state, params string[] words)
    {
        var found = _findings.Where(finding => finding.Name == name).ToArray();
        Assert.True(found.Length > 0, $"no check {name}: {Output}");
        Assert.True(found.Any(finding => finding.State == state && words.All(word => (finding.Evidence + "\n" + finding.Remedy).Contains(word, StringComparison.Ordinal))),
            $"no finding of {name} is {state} with {string.Join(" and ", words)}: {string.Join("\n", found)}");
        return this;
    }

    /// <summary>The failed checks are these and no others.</summary>
    public DoctorRun Failed(params string[] names)
    {
        string[] failed = [.. _findings.Where(finding => finding.State == "failed").Select(finding => finding.Name).Distinct().Order(StringComparer.Ordinal)];
        Assert.True(failed.SequenceEqual(names.Order(StringComparer.Ordinal)), $"failed: {string.Join(", ", failed)}: {Output}");
        Assert.Equal(names.Length == 0 ? 0 : 1, Exit);
        return this;
    }

    /// <summary>No check complains, but those that are named.</summary>
    public DoctorRun NoWarningsOf(params string[] names)
    {
        Assert.DoesNotContain(_findings, finding => finding.State == "warning" && names.Contains(finding.Name));
        return this;
    }
}
