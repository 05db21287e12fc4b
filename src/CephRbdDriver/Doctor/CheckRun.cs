using System.Globalization;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor;

/// <summary>Runs all checks at the same time, so that all of them together take no longer than the slowest may.</summary>
internal static class CheckRun
{
    /// <summary>The findings of all checks, in the checks' order.</summary>
    /// <param name="checks">The checks.</param>
    /// <param name="patience">
    /// How long each may take. One that does not come back is a failed finding, and goes on until the process ends.
    /// </param>
    public static IReadOnlyList<Finding> Run(IReadOnlyList<Check> checks, TimeSpan patience)
    {
        var deadline = new Deadline(patience);
        Task<IReadOnlyList<Finding>>[] looks =
        [
            .. checks.Select(check => Task.Factory.StartNew(
                () => Look(check, deadline), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        Task.WaitAll(looks, patience);
        return [.. checks.Zip(looks, (check, look) => look.IsCompletedSuccessfully ? look.Result : [Late(check, patience)]).SelectMany(found => found)];
    }

    private static IReadOnlyList<Finding> Look(Check check, Deadline deadline)
    {
        try
        {
            return [.. check.Look(deadline).Select(Clean)];
        }
        catch (DeadlineException)
        {
            return [Late(check, deadline.Limit)];
        }
#pragma warning disable CA1031 // One check that fails must not take the others' answers with it; and it is told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return [Clean(new Finding(check.Name, FindingState.Failed, $"the check itself failed: {e.Message}", check.Hint))];
        }
    }

    private static Finding Late(Check check, TimeSpan patience) => new(
        check.Name, FindingState.Failed, string.Create(CultureInfo.InvariantCulture, $"no answer within {patience.TotalSeconds:0.#} s"), check.Hint);

    private static Finding Clean(Finding finding) => finding with
    {
        Evidence = Redactor.Redact(OneLine(finding.Evidence)),
        Remedy = finding.Remedy is { } remedy ? Redactor.Redact(OneLine(remedy)) : null,
    };

    private static string OneLine(string text) =>
        string.Join(' ', text.Split(['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
