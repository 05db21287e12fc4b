using CephRbd.Driver.Ceph;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver;

/// <summary>
/// <c>cephrbd status</c>: what this node has mapped, mounted and tagged, and what is not right with it. For people and
/// their monitoring: exit status 0 when all is well, 1 when something is not right, 2 when there is no answer.
/// </summary>
internal static class StatusCommand
{
    /// <summary>The word on the command line.</summary>
    public const string Name = "status";

    private const int NoAnswer = 2;
    private static readonly TimeSpan _clusterPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _reserve = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _secondLook = TimeSpan.FromMilliseconds(300);

    /// <summary>Runs the command. Threads that wait for a dead cluster may be left: the process is to end with it.</summary>
    /// <returns>The exit status.</returns>
    public static int Run(CommandLine line)
    {
        try
        {
            return Answer(line, StandardStreams.TakeOver());
        }
        catch (LinuxException)
        {
            // stdout is closed, perhaps by head -1: nobody can be told anything.
            return NoAnswer;
        }
    }

    private static int Answer(CommandLine line, StandardStreams streams)
    {
        streams.PrepareLastWords("cephrbd status: the driver or a native library crashed (librados and librbd: cephrbd version). Nothing was changed. Please report this", NoAnswer);
        StatusArguments arguments = StatusArguments.Parse(line.Arguments);
        if ((line.Problem ?? arguments.Problem) is { } problem)
        {
            return Refuse(problem);
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return Refuse("only root can see tags, mapped devices and the driver's notes: run it as root (sudo cephrbd status)");
        }

        DriverConfig config;
        try
        {
            config = ConfigReader.Load(arguments.ConfigFile ?? line.ConfigFileInForce(Environment.GetEnvironmentVariable));
            config = line.Runtime is { } runtime ? config with { Runtime = runtime } : config;
        }
        catch (ConfigException e)
        {
            return Refuse(e.Message);
        }

        var deadline = new Deadline(TimeSpan.FromSeconds(config.TimeoutSeconds));
        Action<string>? narrate = line.Verbose ? streams.Narrate : null;

        // Whatever hangs, in the kernel or in a library: this thread does not.
        Task<StatusReport> work = Task.Factory.StartNew(
            () => Gather(config, deadline, narrate), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            if (!work.Wait(deadline.Remaining))
            {
                return Refuse(deadline.Describe());
            }
        }
        catch (AggregateException e)
        {
            Exception inner = e.InnerException ?? e;
            return Refuse(inner is VolumeException or IOException or UnauthorizedAccessException or LinuxException
                ? inner.Message
                : $"unexpected {inner.GetType().Name}: {inner.Message}. Please report this");
        }

        streams.Print(arguments.Json ? StatusJson.Write(work.Result) : StatusText.Write(work.Result));
        return work.Result.Problems.Count == 0 ? 0 : 1;

        int Refuse(string words)
        {
            streams.Narrate($"cephrbd status: {Redactor.Redact(words)}");
            return NoAnswer;
        }
    }

    private static StatusReport Gather(DriverConfig config, Deadline deadline, Action<string>? narrate)
    {
        var steps = new Steps(deadline, narrate);
        var reader = new StateReader(config, new Mappers(config, steps), new CephImages(config, steps).FsidFromConf);
        NodeState state = steps.Run("look at this node", reader.Read, "dmesg: a mount or device that does not answer");
        IReadOnlyList<Problem> local = Problems.OnNode(state, VolumeList.Of(state));
        if (local.Count > 0)
        {
            // Other calls come and go: what is gone at the second look was one of them.
            deadline.Token.WaitHandle.WaitOne(_secondLook);
            state = steps.Run("look again", reader.Read);
            local = [.. Problems.OnNode(state, VolumeList.Of(state)).Where(local.Contains)];
        }

        TimeSpan left = deadline.Remaining > _reserve ? deadline.Remaining - _reserve : TimeSpan.Zero;
        IReadOnlyList<VolumeStatus> volumes = steps.Run(
            "ask the clusters",
            () => new ClusterLooks(within => new CephImages(config, new Steps(within, narrate)), config.User)
                .Add(VolumeList.Of(state), left < _clusterPatience ? left : _clusterPatience),
            "the clusters of the volumes: ceph -s");
        return new StatusReport(state.Node, state.Runtime, volumes, [.. local, .. Problems.InCluster(volumes, ThisNode.Itself(config))]);
    }
}
