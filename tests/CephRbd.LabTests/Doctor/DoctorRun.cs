using System.Diagnostics;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Doctor;

/// <summary>One call of <c>cephrbd doctor --json</c> that has ended.</summary>
internal sealed class DoctorRun
{
    // What the machine that runs the tests lacks as a node is another matter.
    private static readonly string[] _ofCluster =
    [
        "config", "libraries", "conf", "keyring", "monitors", "login", "caps", "cluster-health", "pool", "osds", "blocklisted", "cluster-clock", "watchers", "reservations",
    ];

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

    /// <summary>
    /// Runs it. Its patience and what a busy machine adds are never exceeded, and no key is shown. Another
    /// test's pool may just come to be, and the doctor says so of its placement groups: then it is run again.
    /// </summary>
    public static DoctorRun Of(PublishedDriver driver, params string[] arguments)
    {
        var watch = Stopwatch.StartNew();
        DoctorRun run;
        while ((run = Once(driver, arguments)).HasNewPool && watch.Elapsed < Emulation.Limit(30))
        {
            Thread.Sleep(500);
        }

        return run;
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

    /// <summary>The failed checks of the cluster are these and no others, and the exit status tells whether any failed.</summary>
    public DoctorRun Failed(params string[] names)
    {
        string[] failed = [.. _findings.Where(finding => finding.State == "failed" && _ofCluster.Contains(finding.Name)).Select(finding => finding.Name).Distinct().Order(StringComparer.Ordinal)];
        Assert.True(failed.SequenceEqual(names.Order(StringComparer.Ordinal)), $"failed: {string.Join(", ", failed)}: {Output}");
        Assert.Equal(Array.Exists(_findings, finding => finding.State == "failed") ? 1 : 0, Exit);
        return this;
    }

    /// <summary>No check complains, but those that are named.</summary>
    public DoctorRun NoWarningsOf(params string[] names)
    {
        Assert.DoesNotContain(_findings, finding => finding.State == "warning" && names.Contains(finding.Name));
        return this;
    }

    private bool HasNewPool => Array.Exists(_findings, finding => finding is { Name: "pool", State: "failed" } && finding.Evidence.Contains(" creating", StringComparison.Ordinal));

    private static DoctorRun Once(PublishedDriver driver, string[] arguments)
    {
        var watch = Stopwatch.StartNew();

        // One word on stderr would spoil the JSON: both streams are one.
        using DriverProcess process = driver.Start(["doctor", "--json", .. arguments]);
        (int exit, string output) = process.Wait();
        watch.Stop();
        Assert.DoesNotContain(driver.Key, output, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < Emulation.Limit(6 + 5), $"{watch.Elapsed}: {output}");
        Assert.True(output.StartsWith('{'), $"no report, exit status {exit}: {output}");
        return new DoctorRun(exit, watch.Elapsed, output);
    }
}
