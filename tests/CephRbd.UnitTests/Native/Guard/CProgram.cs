using System.Diagnostics;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.Native.Guard;

/// <summary>A small C program built for a test, of the driver's own sources and of scenarios that drive them.</summary>
internal sealed class CProgram : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly bool _built;

    public CProgram(string source, string scenarios)
    {
        if (File.Exists("/usr/bin/cc"))
        {
            var (status, output, error) = Start(
                "/usr/bin/cc",
                ["-O0", "-pthread", "-o", _dir["program"], Path.Join(Repository.Root, "src/Native/Guard", source), Path.Join(Repository.Root, "tests/CephRbd.UnitTests/Native/Guard", scenarios)]);
            Assert.True(status == 0, output + error);
            _built = true;
        }
    }

    /// <summary>Runs it without core dumps; both streams must be closed within half a minute, by whoever inherited them.</summary>
    public (int Status, string Output, string Error) Run(params string[] arguments)
    {
        Assert.True(_built, "a C compiler is needed");
        return Start("/bin/sh", ["-c", "ulimit -c 0; \"$0\" \"$@\"", _dir["program"], .. arguments]);
    }

    public void Dispose() => _dir.Dispose();

    private static (int Status, string Output, string Error) Start(string file, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            process.Kill();
            Assert.Fail($"{file} did not end");
        }

        Assert.True(Task.WaitAll([error, output], TimeSpan.FromSeconds(30)), $"{file} ended, but its output stays open");
        return (process.ExitCode, output.Result, error.Result);
    }
}
