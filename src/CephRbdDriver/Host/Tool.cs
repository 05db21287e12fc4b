using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using CliWrap;
using CliWrap.Buffered;

namespace CephRbd.Driver.Host;

/// <summary>Runs a program of the node, found without trusting kubelet's PATH, under the call's deadline.</summary>
internal static class Tool
{
    private static readonly string[] _systemFolders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Where a program is; null when it is not installed.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Where(folder => folder.StartsWith('/'))
            .Concat(_systemFolders)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="arguments">Never a secret: every user of the node can read them.</param>
    /// <param name="workingDirectory">Where it runs: kubelet's may be anywhere, and relative names in options must find nothing.</param>
    /// <param name="deadline">At its end the program is killed.</param>
    /// <param name="variables">Further environment variables; never a secret either.</param>
    /// <returns>Exit status and what it said on both streams, the last 500 characters.</returns>
    /// <exception cref="DeadlineException">The time was over, or the call was told to stop.</exception>
    /// <exception cref="VolumeException">It could not be started.</exception>
    public static (int ExitCode, string Words) Run(string path, IEnumerable<string> arguments, string workingDirectory, Deadline deadline, params (string Name, string Value)[] variables)
    {
        // Jewel's librados opens its sockets without close-on-exec; the program has no business with them.
        Descriptors.CloseOnExecAll(3);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        limit.CancelAfter(deadline.Remaining);
        try
        {
            BufferedCommandResult result = Cli.Wrap(path)
                .WithArguments(arguments)
                .WithWorkingDirectory(workingDirectory)
                .WithEnvironmentVariables(environment =>
                {
                    environment.Set("LC_ALL", "C");
                    foreach ((string name, string value) in variables)
                    {
                        environment.Set(name, value);
                    }
                })
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(limit.Token)
                .GetAwaiter().GetResult();
            string words = (result.StandardError + "\n" + result.StandardOutput).Trim();
            return (result.ExitCode, words.Length <= 500 ? words : "…" + words[^500..]);
        }
        catch (OperationCanceledException)
        {
            throw new DeadlineException(deadline.Describe());
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new VolumeException($"cannot start {path}: {e.Message}", e);
        }
    }
}
