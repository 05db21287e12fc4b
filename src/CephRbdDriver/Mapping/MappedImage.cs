using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mapping;

/// <summary>An image as a block device of this node.</summary>
/// <param name="Mapper">Who maps it: krbd or nbd, never auto.</param>
/// <param name="Id">Its number: N of <c>/dev/rbdN</c> or <c>/dev/nbdN</c>.</param>
/// <param name="Identity">Which image it is.</param>
/// <param name="Major">The device's major number.</param>
/// <param name="Minor">The device's minor number.</param>
/// <param name="SizeBytes">The device's size as the kernel knows it.</param>
/// <param name="ReadOnly">Whether the kernel refuses writes to it.</param>
internal sealed record MappedImage(MapperKind Mapper, int Id, ImageIdentity Identity, uint Major, uint Minor, ulong SizeBytes, bool ReadOnly)
{
    /// <summary>
    /// Whether the kernel writes to it only while it owns the image's exclusive lock. Of rbd-nbd's images it is not told.
    /// </summary>
    public bool IsUnderExclusiveLock { get; init; }

    /// <summary>The kernel's name of the device: <c>rbd0</c>.</summary>
    public string Name => (Mapper == MapperKind.Nbd ? "nbd" : "rbd") + Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The device's node.</summary>
    public string DevicePath => "/dev/" + Name;
}
