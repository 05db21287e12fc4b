using CephRbd.Driver.Config;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Whether calls can be written down.</summary>
internal sealed class LogChecks(DriverConfig config)
{
    /// <summary>The log can be written.</summary>
    public Check Log => new("log", $"the disk of {config.LogFile}: dmesg, df", _ => [Look()]);

    private Finding Look()
    {
        string folder = Path.GetDirectoryName(config.LogFile) ?? "/";
        try
        {
            if (!Directory.Exists(folder))
            {
                return new Finding("log", FindingState.Ok, $"{folder} is not there yet: the first call makes it");
            }

            // A file without a name: nothing is left of the try.
            using var probe = Files.OpenUnnamed(folder);
            return new Finding("log", FindingState.Ok, $"{config.LogFile} can be written");
        }
        catch (LinuxException e)
        {
            return new Finding(
                "log", FindingState.Warning, $"nothing can be written in {folder} ({e.Message}): calls work, and leave no trace",
                $"make room or mount it for writing: df {folder}; findmnt -T {folder}; or set logFile in the config");
        }
    }
}
