using System.Globalization;
using System.Text;
using CephRbd.Native.Linux;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace CephRbd.Driver.Logging;

/// <summary>
/// Writes each event as one line of compact JSON, by one write to a file opened for appending, so that the many
/// short-lived processes of one node share a log. A log that cannot be written never fails a volume: what goes
/// wrong with the file is dropped here, on purpose.
/// </summary>
/// <remarks>
/// Why not Serilog.Sinks.File: its plain mode opens with FileMode.Append, which in .NET on Linux means "seek to the
/// end once and count from there" (pwrite at an offset of its own, no O_APPEND) with a shared flock that keeps nobody
/// out, so two processes overwrite each other's lines. Its shared mode takes a named mutex for every line, waits for
/// it up to ten seconds, and such mutexes are files under /tmp/.dotnet of one login session: processes of different
/// sessions, such as kubelet's and an admin's, do not see each other's.
/// </remarks>
internal sealed class AppendingFileSink(string path, long maxBytes, int filesKept, Func<string, string> redact)
    : ILogEventSink, IDisposable
{
    private readonly CompactJsonFormatter _formatter = new();
    private readonly RotatingLogFile _file = new(path, maxBytes, filesKept);
    private readonly Lock _sync = new();

    /// <summary>Writes the event, each text in it redacted.</summary>
    public void Emit(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        _formatter.Format(logEvent, text);
        var line = JsonRedaction.Redact(Encoding.UTF8.GetBytes(text.ToString()), redact);

        lock (_sync)
        {
            try
            {
                _file.Append(line);
            }
            catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
            {
                // Full disk, read-only file system, missing permission: the verb goes on without a log.
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
