using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CephRbd.LabTests.Driving;

/// <summary>One call under way. stdout and stderr are one pipe, as they are for kubelet.</summary>
public sealed class DriverProcess : IDisposable
{
    private readonly Process _process;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly TimeSpan _limit;
    private readonly string _call;
    private readonly string _key;
    private readonly Task<string> _output;

    public DriverProcess(
        string binary,
        string[] args,
        IReadOnlyDictionary<string, string> environment,
        TimeSpan limit,
        string key,
        Action<DriverProcess, string>? onLine)
    {
        ArgumentNullException.ThrowIfNull(environment);

        // The shell joins the streams and then is the driver: the pid is the same.
        ProcessStartInfo start = new("/bin/sh", ["-c", "exec \"$0\" \"$@\" 2>&1", binary, .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = new UTF8Encoding(false, throwOnInvalidBytes: true),
        };
        start.Environment.Clear();
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _limit = limit;
        _key = key;
        _call = string.Join(' ', args.Select(arg => arg.Length <= 200 ? arg : arg[..200] + "…"));
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = Task.Factory.StartNew(() => Read(onLine), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Sends a signal by its number.</summary>
    public void Signal(int signal) => Mounted.Signal(Pid, signal);

    /// <summary>SIGKILL; fine if it has ended already.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for the end.</summary>
    /// <returns>Exit status and all that was said.</returns>
    /// <exception cref="TimeoutException">It ran longer than its own deadline allows.</exception>
    public (int Exit, string Raw) Wait()
    {
        TimeSpan left = _limit - _watch.Elapsed;
        if (!_process.WaitForExit(left > TimeSpan.Zero ? left : TimeSpan.Zero) || !_output.Wait(TimeSpan.FromSeconds(5)))
        {
            _process.Kill();
            throw new TimeoutException(string.Create(
                CultureInfo.InvariantCulture, $"still running after {_limit.TotalSeconds} s, or a child holds its output: cephrbd {_call}"));
        }

        _watch.Stop();
        return (_process.ExitCode, _output.Result);
    }

    /// <summary>Waits for the end and holds the answer to kubelet's rules.</summary>
    public Reply Reply()
    {
        (int exit, string raw) = Wait();
        Assert.True(!raw.Contains(_key, StringComparison.Ordinal), $"the key was printed by cephrbd {_call}");
        Assert.True(exit == 0, $"exit status {exit} of cephrbd {_call}: {raw}");
        return Driving.Reply.Parse(raw, _watch.Elapsed, _call);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private string Read(Action<DriverProcess, string>? onLine)
    {
        if (onLine is null)
        {
            return _process.StandardOutput.ReadToEnd();
        }

        StringBuilder all = new();
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            onLine(this, line);
            all.Append(line).Append('\n');
        }

        return all.ToString();
    }
}
