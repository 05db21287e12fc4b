using System.Diagnostics;

namespace CephRbd.Driver.Volumes;

/// <summary>
/// The way of one call, step by step: names the step for the watchdog, times it, tells the admin who asked for
/// <c>--verbose</c>, and keeps the times for the log.
/// </summary>
internal sealed class Steps(Deadline deadline, Action<string>? narrate)
{
    private readonly List<(string Name, double Milliseconds)> _done = [];
    private readonly List<string> _warnings = [];

    /// <summary>The time this call has.</summary>
    public Deadline Deadline => deadline;

    /// <summary>The finished steps in order.</summary>
    public IReadOnlyList<(string Name, double Milliseconds)> Done => _done;

    /// <summary>What went wrong without the call failing.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Runs one step.</summary>
    /// <param name="name">What it does, as a person would say it: "connect to the cluster".</param>
    /// <param name="body">The work.</param>
    /// <param name="hint">What to look at if it hangs.</param>
    /// <exception cref="DeadlineException">The call's time was over before the step began.</exception>
    public T Run<T>(string name, Func<T> body, string? hint = null)
    {
        (string outerStep, string? outerHint) = (deadline.Step, deadline.Hint);
        (deadline.Step, deadline.Hint) = (name, hint ?? outerHint);
        deadline.Check();
        long start = Stopwatch.GetTimestamp();
        string outcome = "failed";
        try
        {
            T result = body();
            outcome = "done";
            return result;
        }
        catch (OperationCanceledException) when (deadline.Token.IsCancellationRequested)
        {
            throw new DeadlineException(deadline.Describe());
        }
        finally
        {
            double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            _done.Add((name, milliseconds));
            narrate?.Invoke($"{deadline.Elapsed.TotalMilliseconds,9:0.00} ms  {name}: {outcome} in {milliseconds:0.00} ms");
            if (outcome == "done")
            {
                (deadline.Step, deadline.Hint) = (outerStep, outerHint);
            }
        }
    }

    /// <summary>Runs one step that gives no value.</summary>
    /// <inheritdoc cref="Run{T}(string, Func{T}, string?)"/>
    public void Run(string name, Action body, string? hint = null) =>
        Run(name, () => { body(); return true; }, hint);

    /// <summary>As <see cref="Note"/>, and for the log: something went wrong that is no reason to fail.</summary>
    public void Warn(string text)
    {
        _warnings.Add(text);
        Note(text);
    }

    /// <summary>Tells the admin something that is no step.</summary>
    public void Note(string text) => narrate?.Invoke($"{deadline.Elapsed.TotalMilliseconds,9:0.00} ms  {text}");
}
