using System.Diagnostics;
using CephRbd.UnitTests.Native.Linux;

namespace CephRbd.UnitTests.FileSystems;

/// <summary>A sparse image with a file system made by the real tools.</summary>
internal sealed class FsImage : IDisposable
{
    private const int HeadLength = 4096;

    private static readonly string[] _toolFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    private readonly TempDir _dir = new();

    public FsImage(long size, string tool, params string[] options)
    {
        using (FileStream file = File.Create(Path))
        {
            file.SetLength(size);
        }

        (int status, string output) = Run(tool, [.. options, Path]);
        Assert.True(status == 0, $"{tool} exited {status}: {output}");
    }

    public string Path => _dir["image"];

    /// <summary>The first bytes, as the driver looks at them.</summary>
    public byte[] Head
    {
        get
        {
            using FileStream file = File.OpenRead(Path);
            byte[] head = new byte[HeadLength];
            file.ReadExactly(head);
            return head;
        }
    }

    public void Dispose() => _dir.Dispose();

    /// <summary>Changes an ext superblock, its checksum too: <c>FIELD VALUE</c>, or <c>feature NAME</c>.</summary>
    public void Edit(string what)
    {
        string command = what.StartsWith("feature ", StringComparison.Ordinal) ? what : $"set_super_value {what}";
        (int status, string output) = Run("debugfs", "-w", "-R", command, Path);
        Assert.True(status == 0 && !output.Contains("nvalid", StringComparison.Ordinal) && !output.Contains("unknown", StringComparison.OrdinalIgnoreCase), output);
    }

    public static (int Status, string Output) Run(string tool, params string[] arguments)
    {
        string? path = _toolFolders.Select(dir => System.IO.Path.Join(dir, tool)).FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.Skip($"{tool} is not installed");
        }

        using Process process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill();
            Assert.Fail($"{tool} did not end");
        }

        return (process.ExitCode, output.Result + error.Result);
    }
}
