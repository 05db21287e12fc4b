using System.Diagnostics;

namespace CephRbd.UnitTests.Native.Linux;

/// <summary>A block device of a test's own: a sparse file behind a loop device. Needs root.</summary>
internal sealed class LoopDevice : IDisposable
{
    public LoopDevice(string file, long bytes)
    {
        using (var backing = File.Create(file))
        {
            backing.SetLength(bytes);
        }

        Path = Run("losetup", "--find", "--show", file).Trim();
    }

    public string Path { get; }

    public void Dispose() => Run("losetup", "--detach", Path);

    public void Format(string fsType) => Run($"mkfs.{fsType}", "-q", Path);

    private static string Run(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            process.Kill();
            Assert.Fail($"{tool} did not end");
        }

        Assert.True(process.ExitCode == 0, $"{tool}: {error.Result}");
        return output.Result;
    }
}
