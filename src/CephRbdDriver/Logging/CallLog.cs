using CephRbd.Driver.Config;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using Serilog;
using Serilog.Events;

namespace CephRbd.Driver.Logging;

/// <summary>One line a call in the log file: what was asked, for whom, how it ended, how long it took. Never a key.</summary>
internal sealed class CallLog(DriverConfig config, CommandLine line, Dispatcher dispatcher, Steps steps)
{
    /// <summary>Writes the line, if the level lets it through. Setting the log up costs more than init itself: only then is it done.</summary>
    public void Write(Reply reply)
    {
        bool failed = reply.Status == ReplyStatus.Failure;
        LogEventLevel level = failed ? LogEventLevel.Error
            : steps.Warnings.Count > 0 ? LogEventLevel.Warning
            : line.VerbName == "init" && reply.Message is null ? LogEventLevel.Debug
            : LogEventLevel.Information;
        LogEventLevel least = config.LogLevel switch
        {
            LogLevel.Debug => LogEventLevel.Debug,
            LogLevel.Warning => LogEventLevel.Warning,
            LogLevel.Error => LogEventLevel.Error,
            _ => LogEventLevel.Information,
        };
        if (level < least)
        {
            return;
        }

        VolumeSpec? spec = dispatcher.Spec;
        ILogger log = DriverLog.Create(config.LogFile, least, config.LogMaxBytes, config.LogFilesKept, Redact);
        if (least == LogEventLevel.Debug)
        {
            log = log.ForContext("Steps", string.Join("; ", steps.Done.Select(step => $"{step.Name} {step.Milliseconds:0.00} ms")));
        }

        if (steps.Warnings.Count > 0)
        {
            log = log.ForContext("Warning", string.Join("; ", steps.Warnings));
        }

        log.ForContext("Message", reply.Message)
            .ForContext("Pod", spec?.Pod is { } pod ? $"{pod.Namespace}/{pod.Name}" : null)
            .ForContext("PodUid", spec?.Pod?.Uid)
            .ForContext("Dir", Directory())
            .Write(level, "{Verb} {Image}: {Outcome} in {Milliseconds} ms",
                line.VerbName, spec?.ImageSpec, reply.Status.ToString(), Math.Round(steps.Deadline.Elapsed.TotalMilliseconds, 1));

        string Redact(string text) => spec?.Key is { } key ? Redactor.Redact(text, key) : Redactor.Redact(text);
    }

    private string? Directory()
    {
        Verb? verb = Verb.Find(line.VerbName);
        int index = verb is null ? -1 : Math.Max(verb.IndexOf("mount-dir"), verb.IndexOf("device-mount-dir"));
        return index >= 0 ? line.Arguments.ElementAtOrDefault(index) : null;
    }
}
