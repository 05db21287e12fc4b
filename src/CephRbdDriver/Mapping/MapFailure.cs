using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mapping;

/// <summary>The kernel refused to map an image.</summary>
/// <param name="errno">The kernel's error.</param>
/// <param name="message">The text for the operator.</param>
internal sealed class MapFailure(int errno, string message) : VolumeException(message)
{
    /// <summary>The kernel's error, positive; compare with the constants of <see cref="Native.Errno"/>.</summary>
    public int Errno { get; } = errno;
}
