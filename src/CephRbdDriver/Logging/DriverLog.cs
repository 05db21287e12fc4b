using Serilog;
using Serilog.Events;

namespace CephRbd.Driver.Logging;

/// <summary>The driver's log, configured in code: configuration by reflection does not survive trimming.</summary>
internal static class DriverLog
{
    /// <summary>Makes the logger; nothing is opened before the first event. Dispose it to close the file.</summary>
    /// <param name="path">The log file. Its directory is made if missing (0750), the file too (0640).</param>
    /// <param name="level">The least level that is written.</param>
    /// <param name="maxBytes">Size in bytes from which a file is rotated.</param>
    /// <param name="filesKept">How many rotated files stay, named .1 (newest) to .N.</param>
    /// <param name="redact">Takes secrets out of a text; every text of every line goes through it.</param>
    internal static ILogger Create(string path, LogEventLevel level, long maxBytes, int filesKept, Func<string, string> redact)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(filesKept);
        return new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .Enrich.WithProperty("Pid", Environment.ProcessId)
            .WriteTo.Sink(new AppendingFileSink(path, maxBytes, filesKept, redact))
            .CreateLogger();
    }
}
