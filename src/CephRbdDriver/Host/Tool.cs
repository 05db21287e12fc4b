using System.Diagnostics;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;
using CliWrap;

namespace CephRbd.Driver.Host;

/// <summary>Runs a program of the node, found without trusting kubelet's PATH, under the call's deadline.</summary>
internal static class Tool
{
    private const int WordsKept = 8 << 10;
    private const int AnswerKept = 4 << 20;

    /// <summary>How long a program's last words are waited for once it has ended: a child may have its streams still.</summary>
    private static readonly TimeSpan _lastWords = TimeSpan.FromMilliseconds(500);

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
        (int exit, ToolOutput output, ToolOutput complaints) = RunToEnd(path, arguments, workingDirectory, deadline, WordsKept, variables);
        return (exit, End(complaints.Text + "\n" + output.Text));
    }

    /// <summary>Runs a program whose answer is read: what it writes to stdout, all of it, apart from its complaints.</summary>
    /// <returns>Exit status, stdout, and the last 500 characters of stderr.</returns>
    /// <inheritdoc cref="Run"/>
    public static (int ExitCode, string Output, string Complaints) Ask(string path, IEnumerable<string> arguments, string workingDirectory, Deadline deadline)
    {
        (int exit, ToolOutput output, ToolOutput complaints) = RunToEnd(path, arguments, workingDirectory, deadline, AnswerKept, []);
        return output.IsCut
            ? throw new VolumeException($"{path} printed more than {AnswerKept >> 20} MiB, which is no answer. Is it the program of that name? Run it by hand")
            : (exit, output.Text, End(complaints.Text));
    }

    private static string End(string words)
    {
        words = words.Trim();
        return words.Length <= 500 ? words : "…" + words[^500..];
    }

    private static (int ExitCode, ToolOutput Output, ToolOutput Complaints) RunToEnd(
        string path, IEnumerable<string> arguments, string workingDirectory, Deadline deadline, int outputKept, (string Name, string Value)[] variables)
    {
        // Jewel's librados opens its sockets without close-on-exec; the program has no business with them.
        Descriptors.CloseOnExecAll(3);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        limit.CancelAfter(deadline.Remaining);
        using CancellationTokenSource drained = new();
        ToolOutput output = new(outputKept, drained.Token);
        ToolOutput complaints = new(WordsKept, drained.Token);
        try
        {
            CommandTask<CommandResult> running = Cli.Wrap(path)
                .WithArguments(arguments)
                .WithWorkingDirectory(workingDirectory)
                .WithEnvironmentVariables(environment =>
                {
                    environment.Set("LC_ALL", "C");

                    // As for librados: the config says what is in force, whoever calls.
                    foreach (string name in CephEnvironment.Variables)
                    {
                        environment.Set(name, null);
                    }

                    foreach ((string name, string value) in variables)
                    {
                        environment.Set(name, value);
                    }
                })
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(output.Target)
                .WithStandardErrorPipe(complaints.Target)
                .ExecuteAsync(limit.Token);
            AwaitEnd(running.ProcessId, limit.Token);
            drained.CancelAfter(_lastWords);
            return (running.GetAwaiter().GetResult().ExitCode, output, complaints);
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

    private static void AwaitEnd(int pid, CancellationToken limit)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.WaitForExitAsync(limit).GetAwaiter().GetResult();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
        catch (OperationCanceledException)
        {
            // It is being killed; whoever waits for that is told.
        }
    }
}
