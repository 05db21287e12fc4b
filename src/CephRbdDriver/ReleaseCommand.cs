using CephRbd.Driver.Ceph.Reservations;
using CephRbd.Driver.Config;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Release;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver;

/// <summary>
/// <c>cephrbd release POOL/IMAGE</c>: who has an image for writing, what it would break to take it from them, and with
/// <c>--yes</c> that. Exit status 0 when it is free, 1 when it is not, 2 when there is no answer.
/// </summary>
internal static class ReleaseCommand
{
    /// <summary>The word on the command line.</summary>
    public const string Name = "release";

    private const int NoAnswer = 2;

    /// <summary>Runs the command. A thread that waits for a dead cluster may be left: the process is to end with it.</summary>
    /// <returns>The exit status.</returns>
    public static int Run(CommandLine line)
    {
        try
        {
            return Answer(line, StandardStreams.TakeOver());
        }
        catch (LinuxException)
        {
            // stdout is closed: nobody can be told anything.
            return NoAnswer;
        }
    }

    private static int Answer(CommandLine line, StandardStreams streams)
    {
        streams.PrepareLastWords("cephrbd release: the driver or a native library crashed (librados and librbd: cephrbd version). Call it again: whatever was begun is finished then. Please report this", NoAnswer);
        var arguments = ReleaseArguments.Parse(line.Arguments);
        string? problem = line.Problem ?? arguments.Problem
            ?? (Environment.IsPrivilegedProcess ? null : "only root can read the key: run it as root (sudo cephrbd release …)");
        if (problem is not null)
        {
            return Refuse(problem);
        }

        try
        {
            DriverConfig config = ConfigReader.Load(arguments.ConfigFile ?? line.ConfigFileInForce(Environment.GetEnvironmentVariable));
            var deadline = new Deadline(TimeSpan.FromSeconds(config.TimeoutSeconds));
            var steps = new Steps(deadline, line.Verbose ? streams.Narrate : null);
            VolumeSpec spec = new()
            {
                Pool = arguments.Image.Pool,
                Namespace = arguments.Image.Namespace,
                Image = arguments.Image.Image,
                User = arguments.User,
                Cluster = arguments.Cluster,
            };

            // Whatever hangs in a library: this thread does not.
            Task<int> work = Task.Factory.StartNew(
                () => Release(new ReservationAdmin(config, spec, steps), spec.ImageSpec, arguments, streams),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return ((IAsyncResult)work).AsyncWaitHandle.WaitOne(deadline.Remaining) ? work.GetAwaiter().GetResult() : Refuse(deadline.Describe());
        }
        catch (Exception e) when (e is ConfigException or VolumeException)
        {
            return Refuse(e.Message);
        }

        int Refuse(string words)
        {
            streams.Narrate($"cephrbd release: {Redactor.Redact(words)}");
            return NoAnswer;
        }
    }

    private static int Release(ReservationAdmin admin, string image, ReleaseArguments arguments, StandardStreams streams)
    {
        ReservationLook look = admin.Look();
        streams.Print(ReleaseText.State(image, look));
        if (look.IsFree && look.Gone.Count == 0 && !(arguments.ShutOut && look.Watchers.Count > 0))
        {
            streams.Print("There is nothing to release.\n" + ReleaseText.Lingering(arguments.Image.Pool, arguments.Image.Namespace, look));
            return look.Watchers.Count == 0 ? 0 : 1;
        }

        streams.Print(ReleaseText.Consequences(look, arguments.ShutOut));
        if (!arguments.Yes)
        {
            streams.Print(ReleaseText.Lingering(arguments.Image.Pool, arguments.Image.Namespace, look));
            streams.Print($"Nothing was done. To do it: cephrbd release --yes {(arguments.ShutOut ? "--shut-out " : "")}{image}\n");
            return 1;
        }

        admin.Release(look, arguments.ShutOut);
        streams.Print("Done.\n");
        return 0;
    }
}
