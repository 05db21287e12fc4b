using System.Diagnostics;

namespace CephRbd.Driver.Volumes;

/// <summary>A call ran out of time, or was told to stop.</summary>
internal sealed class DeadlineException(string message) : VolumeException(message);

/// <summary>
/// The time a call has, the step it is in, and whether it was told to stop. Steps ask <see cref="Check"/> between
/// waits; a wait that cannot be broken off is ended from outside by the watchdog.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private static readonly TimeSpan _reserve = TimeSpan.FromSeconds(3);
    private readonly CancellationTokenSource _stop = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private volatile string? _reason;

    /// <param name="limit">From now.</param>
    public Deadline(TimeSpan limit)
    {
        Limit = limit;
    }

    /// <summary>How long the call may take in all.</summary>
    public TimeSpan Limit { get; }

    /// <summary>Since the call began.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>What is left, never below zero.</summary>
    public TimeSpan Remaining => Elapsed < Limit ? Limit - Elapsed : TimeSpan.Zero;

    /// <summary>What one wait may take so that there is time to take back what was begun, and to say so.</summary>
    public TimeSpan Patience => Remaining > _reserve ? Remaining - _reserve : TimeSpan.Zero;

    /// <summary>Set when the time is over or the call was told to stop.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>What the call is doing now, for the message of an expiry.</summary>
    public string Step { get; set; } = "start";

    /// <summary>What to look at if this step does not come back.</summary>
    public string? Hint { get; set; }

    /// <summary>Why the call must end, once it must; null before.</summary>
    public string? StopReason => _reason;

    /// <summary>Tells the call to end. Only the first reason counts.</summary>
    public void Stop(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            _stop.Cancel();
        }
    }

    /// <summary>Ends the call here if its time is over.</summary>
    /// <exception cref="DeadlineException">It is.</exception>
    public void Check()
    {
        if (Remaining == TimeSpan.Zero)
        {
            Stop(ExpiryReason);
        }

        if (_reason is not null)
        {
            throw new DeadlineException(Describe());
        }
    }

    /// <summary>The reason text of an expiry.</summary>
    public string ExpiryReason => $"no end within {Limit.TotalSeconds:0.#} s (timeoutSeconds in the config)";

    /// <summary>One sentence: why it ended, in which step, what to look at.</summary>
    public string Describe() =>
        $"{_reason ?? ExpiryReason}; it was at: {Step}{(Hint is null ? "" : $". Look at: {Hint}")}";

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();
}
