using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Config;

/// <summary>A fault in the configuration file. The message names the file, and the line and key where there is one.</summary>
internal sealed class ConfigException : VolumeException
{
    /// <summary>Creates the failure.</summary>
    /// <param name="message">The text for the operator.</param>
    /// <param name="inner">What caused it, for the log.</param>
    public ConfigException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
