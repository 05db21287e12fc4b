using System.Diagnostics;

namespace CephRbd.ArtifactTests;

/// <summary>Runs other programs, each with a limit.</summary>
internal static class Programs
{
    /// <summary>Runs a program and reads its two streams apart.</summary>
    /// <exception cref="TimeoutException">It did not end in time, and was killed.</exception>
    public static (int Exit, string Output, string Errors) Execute(
        string program, string[] args, TimeSpan limit, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();

        // Also the pipes' ends are waited for with a limit: a daemon may have inherited them.
        if (!process.WaitForExit(limit) || !Task.WaitAll([output, errors], TimeSpan.FromSeconds(10)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {limit.TotalSeconds} s");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>The lines a program says.</summary>
    /// <exception cref="InvalidOperationException">It ended with another status than 0.</exception>
    public static string[] Lines(string program, params string[] args)
    {
        (int exit, string output, string errors) = Execute(program, args, TimeSpan.FromSeconds(60));
        return exit == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"{program} {string.Join(' ', args)} ended with {exit}: {errors}");
    }
}
