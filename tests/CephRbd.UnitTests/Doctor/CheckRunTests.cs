using System.Diagnostics;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Doctor;

public class CheckRunTests
{
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(30);

    [Fact]
    public void Findings_stand_in_the_order_of_the_checks_whoever_ends_first()
    {
        using var second = new ManualResetEventSlim();
        Check[] checks =
        [
            Does("slow", _ =>
            {
                Assert.True(second.Wait(_long));
                return [new Finding("slow", FindingState.Ok, "one"), new Finding("slow", FindingState.Warning, "two", "do")];
            }),
            Does("fast", _ =>
            {
                second.Set();
                return [new Finding("fast", FindingState.Skipped, "none")];
            }),
        ];
        Assert.Equal(["one", "two", "none"], CheckRun.Run(checks, _long).Select(finding => finding.Evidence));
    }

    [Fact]
    public void All_checks_run_at_the_same_time()
    {
        using var all = new CountdownEvent(12);
        Check[] checks = [.. Enumerable.Range(0, 12).Select(i => Does($"c{i}", _ =>
        {
            all.Signal();
            return [new Finding($"c{i}", all.Wait(_long) ? FindingState.Ok : FindingState.Failed, "")];
        }))];
        Assert.All(CheckRun.Run(checks, _long), finding => Assert.Equal(FindingState.Ok, finding.State));
    }

    [Fact]
    public void A_check_that_hangs_fails_with_its_hint_and_holds_up_nobody()
    {
        using var never = new ManualResetEventSlim();
        var watch = Stopwatch.StartNew();
        IReadOnlyList<Finding> found = CheckRun.Run(
        [
            Does("hangs", _ =>
            {
                never.Wait(_long);
                return [];
            }),
            Does("fine", _ => [new Finding("fine", FindingState.Ok, "")]),
        ], TimeSpan.FromSeconds(0.5));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5.5), $"{watch.Elapsed}");
        Assert.Equal(new Finding("hangs", FindingState.Failed, "no answer within 0.5 s", "look at hangs"), found[0]);
        Assert.Equal(FindingState.Ok, found[1].State);
        never.Set();
    }

    [Fact]
    public void A_deadline_that_a_check_itself_sees_is_the_same_finding() => Assert.Equal(
        [new Finding("late", FindingState.Failed, "no answer within 30 s", "look at late")],
        CheckRun.Run([Does("late", _ => throw new DeadlineException("over"))], _long));

    [Fact]
    public void A_check_that_throws_half_way_is_one_failed_finding_with_its_words() => Assert.Equal(
        [new Finding("broken", FindingState.Failed, "the check itself failed: no such thing", "look at broken")],
        CheckRun.Run([Does("broken", _ => Half())], _long));

    [Fact]
    public void What_a_check_says_is_one_line_without_keys()
    {
        const string key = "AQBuj2VfAAAAABAA2Z3b5Ls9Vf0v1jwBv0f3Gw==";
        Finding found = Assert.Single(CheckRun.Run([Does("loud", _ => [new Finding("loud", FindingState.Failed, $"a\n\tkey = {key}\r\n", $"run\nthis {key}")])], _long));
        Assert.DoesNotContain(key, found.Evidence + found.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', found.Evidence + found.Remedy);
        Assert.StartsWith("a key = ", found.Evidence, StringComparison.Ordinal);
        Assert.StartsWith("run this ", found.Remedy, StringComparison.Ordinal);
    }

    private static Check Does(string name, Func<Deadline, IEnumerable<Finding>> look) => new(name, "look at " + name, look);

    private static IEnumerable<Finding> Half()
    {
        yield return new Finding("broken", FindingState.Ok, "so far");
        throw new InvalidOperationException("no such thing");
    }
}
