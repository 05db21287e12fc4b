using CephRbd.Driver.Admin;
using CephRbd.Driver.Ceph;
using CephRbd.Driver.Config;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Logging;
using CephRbd.Driver.Mounting;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver;

/// <summary>Puts the parts together, by hand: argv in, one JSON line out, the log beside it.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        var line = CommandLine.Parse(args);
        if (AdminCommands.Find(line) is { } command)
        {
            return command(line);
        }

        if (line.VerbName == StatusCommand.Name)
        {
            Processes.ExitNow(StatusCommand.Run(line));
        }

        if (line.VerbName == DoctorCommand.Name)
        {
            Processes.ExitNow(DoctorCommand.Run(line));
        }

        if (line.VerbName == ReleaseCommand.Name)
        {
            Processes.ExitNow(ReleaseCommand.Run(line));
        }

        StandardStreams streams;
        try
        {
            streams = StandardStreams.TakeOver();
        }
        catch (LinuxException)
        {
            // stdout is closed: nobody can be told anything.
            return 1;
        }

        Serve(line, streams);

        // Not the orderly way out: libraries' exit handlers cost milliseconds and have hung before.
        Processes.ExitNow(0);
        return 0;
    }

    private static void Serve(CommandLine line, StandardStreams streams)
    {
        streams.PrepareLastWords(Reply.Failure($"cephrbd {line.VerbName}: the driver or a native library crashed. Nothing is lost: the next call finds out what is done. Please report this"));
        DriverConfig config = new();
        ConfigException? problem = null;
        try
        {
            config = ConfigReader.Load(line.ConfigFileInForce(Environment.GetEnvironmentVariable));
            config = line.Runtime is { } runtime ? config with { Runtime = runtime } : config;
        }
        catch (ConfigException e)
        {
            problem = e;
        }

        using var deadline = new Deadline(TimeSpan.FromSeconds(config.TimeoutSeconds));
        var steps = new Steps(deadline, line.Verbose ? streams.Narrate : null);
        var dispatcher = new Dispatcher(() => problem is null ? config : throw problem, inForce => RuntimeOf(inForce, steps))
        {
            SpecKnown = spec => streams.PrepareLastWords(Reply.Failure(
                $"cephrbd {line.VerbName}: image {spec.ImageSpec}: the driver or a native library crashed (librados and librbd: cephrbd version). Whatever was begun is finished or taken back by the next call")),
        };
        var log = new CallLog(config, line, dispatcher, steps);
        if (line.VerbName == "init")
        {
            Finish(dispatcher.Dispatch(line));
            return;
        }

        using var watchdog = Watchdog.Start(deadline, words => Finish(Reply.Failure(
            $"cephrbd {line.VerbName}: {(dispatcher.Spec is { } spec ? $"image {spec.ImageSpec}: " : "")}{Redactor.Redact(words)}")));
        Finish(dispatcher.Dispatch(line));

        bool Finish(Reply reply)
        {
            bool sent;
            try
            {
                sent = streams.Send(reply);
            }
            catch (LinuxException)
            {
                // The reader is gone; what was done still belongs in the log.
                sent = true;
            }

            if (sent)
            {
                log.Write(reply);
            }

            return sent;
        }
    }

    private static BothRuntimes RuntimeOf(DriverConfig config, Steps steps)
    {
        var images = new CephImages(config, steps);
        HyperRuntime Hyper() => new(config, images, steps);
        HostRuntime Host() => new(config, images, steps);
        return config.Runtime == RuntimeKind.Host ? new BothRuntimes(Host(), Hyper) : new BothRuntimes(Hyper(), Host);
    }
}
