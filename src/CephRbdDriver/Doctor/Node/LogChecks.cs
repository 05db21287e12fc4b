using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Status;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Whether calls can be written down.</summary>
internal sealed class LogChecks(DriverConfig config)
{
    private const string Name = "log";

    /// <summary>The log can be written, and is kept within its size.</summary>
    public Check Log => new(Name, $"the disk of {config.LogFile}: dmesg, df", _ => [Look()]);

    private Finding Look()
    {
        string folder = Path.GetDirectoryName(config.LogFile) ?? "/";
        try
        {
            if (!Directory.Exists(folder))
            {
                return new Finding(Name, FindingState.Ok, $"{folder} is not there yet: the first call makes it");
            }

            // A file without a name: nothing is left of the try.
            using var probe = Files.OpenUnnamed(folder);
        }
        catch (LinuxException e)
        {
            return new Finding(
                Name, FindingState.Warning, $"nothing can be written in {folder} ({e.Message}): calls work, and leave no trace",
                $"make room or mount it for writing: df {folder}; findmnt -T {folder}; or set logFile in the config");
        }

        var file = new FileInfo(config.LogFile);
        return Judge(config, file.Exists ? (ulong)file.Length : null);
    }

    /// <summary>The finding about a log that can be written.</summary>
    /// <param name="config">The config in force.</param>
    /// <param name="bytes">The log's size; null when there is none yet.</param>
    internal static Finding Judge(DriverConfig config, ulong? bytes)
    {
        // Each call that finds the log too big begins a new one: a log far bigger is one that none could.
        string most = StatusText.Rounded((ulong)config.LogMaxBytes);
        return bytes > 2 * (ulong)config.LogMaxBytes
            ? new Finding(
                Name, FindingState.Warning, $"{config.LogFile} has {StatusText.Rounded(bytes.Value)}, though a new one is begun at {most}: no call could rename it",
                $"lsattr {config.LogFile}; ls -ld {Path.GetDirectoryName(config.LogFile)}; then mv {config.LogFile} {config.LogFile}.old")
            : new Finding(
                Name, FindingState.Ok,
                string.Create(CultureInfo.InvariantCulture, $"{config.LogFile} can be written{(bytes is { } size ? $" ({StatusText.Rounded(size)} of {most}, {config.LogFilesKept} older ones kept)" : "")}"));
    }
}
