using System.Runtime.InteropServices;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Protocol;

/// <summary>
/// Ends a call that does not end by itself. At the deadline, or on SIGTERM, SIGINT or SIGHUP, the call is told to
/// stop and has a short while to take back what it began; then the watchdog speaks for it and ends the process. No
/// native call that hangs can hold kubelet's volume for longer.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>How long an orderly end may take once the time is over.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly ManualResetEventSlim _finished = new();
    private readonly List<PosixSignalRegistration> _signals = [];

    private Watchdog(Deadline deadline, Func<string, bool> lastWords)
    {
        foreach (PosixSignal signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                deadline.Stop($"stopped by {context.Signal}");
            }));
        }

        var thread = new Thread(() => Watch(deadline, lastWords), maxStackSize: 512 << 10)
        {
            IsBackground = true,
            Name = "watchdog",
        };
        thread.Start();
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="deadline">The call's.</param>
    /// <param name="lastWords">Writes the failure if the call cannot any more; false if the call is just writing its own reply.</param>
    public static Watchdog Start(Deadline deadline, Func<string, bool> lastWords) => new(deadline, lastWords);

    /// <summary>The call came to its end.</summary>
    public void Dispose()
    {
        _finished.Set();
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }
    }

    private void Watch(Deadline deadline, Func<string, bool> lastWords)
    {
        try
        {
            _finished.Wait(deadline.Remaining, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // Told to stop: the grace begins.
        }

        if (_finished.IsSet)
        {
            return;
        }

        deadline.Stop(deadline.ExpiryReason);
        if (_finished.Wait(Grace))
        {
            return;
        }

        bool spoke = lastWords($"{deadline.Describe()}. The step did not come back and was cut off; a watcher of this node may stay on the image for 30 s, and whatever was begun is finished or taken back by the next call");
        if (!spoke)
        {
            // The call came to its end at this very moment: reply and log line are let out whole.
            _finished.Wait(Grace);
        }

        Processes.ExitNow(0);
    }
}
