using CephRbd.Driver.Config;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Cluster;
using CephRbd.Driver.Doctor.Node;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Secrets;
using CephRbd.Native.Linux;

namespace CephRbd.Driver;

/// <summary>
/// <c>cephrbd doctor</c>: whatever a volume needs of this node and of the cluster, looked at all at once. Exit status 0
/// when nothing has failed, 1 when something has, 2 when there is no answer.
/// </summary>
internal static class DoctorCommand
{
    /// <summary>The word on the command line.</summary>
    public const string Name = "doctor";

    private const int NoAnswer = 2;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(6);

    /// <summary>Runs the command. Threads that wait for what does not answer may be left: the process is to end with it.</summary>
    /// <returns>The exit status.</returns>
    public static int Run(CommandLine line)
    {
        StandardStreams streams;
        try
        {
            streams = StandardStreams.TakeOver();
        }
        catch (LinuxException)
        {
            // stdout is closed, perhaps by head -1: nobody can be told anything.
            return NoAnswer;
        }

        streams.PrepareLastWords("cephrbd doctor: the driver or a native library crashed (librados and librbd: cephrbd version). Nothing was changed. Please report this", NoAnswer);
        var arguments = DoctorArguments.Parse(line.Arguments);
        string? problem = line.Problem ?? arguments.Problem
            ?? (Environment.IsPrivilegedProcess ? null : "only root can see keyrings, devices and the driver's notes: run it as root (sudo cephrbd doctor)");
        if (problem is not null)
        {
            streams.Narrate($"cephrbd doctor: {Redactor.Redact(problem)}");
            return NoAnswer;
        }

        DoctorReport report = Look(line, arguments);
        try
        {
            streams.Print(arguments.Json ? DoctorJson.Write(report) : DoctorText.Write(report));
        }
        catch (LinuxException)
        {
            return NoAnswer;
        }

        return report.Count(FindingState.Failed) == 0 ? 0 : 1;
    }

    private static DoctorReport Look(CommandLine line, DoctorArguments arguments)
    {
        string file = arguments.ConfigFile ?? line.ConfigFileInForce(Environment.GetEnvironmentVariable);
        DriverConfig config = new();
        Finding own = new("config", FindingState.Ok, File.Exists(file) ? $"{file} is in force" : $"there is no {file}: the defaults are in force");
        try
        {
            config = ConfigReader.Load(file);
        }
        catch (ConfigException e)
        {
            // The rest is looked at by the defaults: the config need not be all that is wrong.
            own = new("config", FindingState.Failed, $"{e.Message}. All other checks go by the defaults", $"correct {file}: see docs/configuration.md");
        }

        config = config with { Runtime = line.Runtime ?? config.Runtime, Pool = arguments.Pool ?? config.Pool, User = arguments.User ?? config.User };
        IReadOnlyList<Finding> found = CheckRun.Run([.. ClusterChecks.Of(config), .. NodeChecks.Of(config)], _patience);
        return new DoctorReport(Environment.MachineName, config.Runtime, config.Pool, config.User, [own, .. found]);
    }
}
