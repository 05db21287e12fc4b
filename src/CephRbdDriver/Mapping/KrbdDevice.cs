using System.Globalization;

namespace CephRbd.Driver.Mapping;

/// <summary>An image mapped by the kernel, as <c>/sys/bus/rbd/devices/ID</c> tells of it.</summary>
/// <param name="Id">The mapping's number.</param>
/// <param name="Identity">The image.</param>
/// <param name="Major">The block device's major number.</param>
/// <param name="Minor">The block device's minor number.</param>
/// <param name="SizeBytes">The size in bytes.</param>
internal sealed record KrbdDevice(int Id, ImageIdentity Identity, uint Major, uint Minor, ulong SizeBytes)
{
    /// <summary>The image's features as the kernel goes by them since it was mapped; 0 where it does not tell.</summary>
    public ulong Features { get; init; }

    /// <summary>Puts a device together from its attributes.</summary>
    /// <param name="id">The name of the device's folder.</param>
    /// <param name="attribute">Gives the text of an attribute by its name, or null when it can't be read.</param>
    /// <returns>The device, or null when it went away meanwhile or is not complete yet.</returns>
    public static KrbdDevice? Parse(string id, Func<string, string?> attribute)
    {
        string? Read(string name) => attribute(name) is string text ? (text.EndsWith('\n') ? text[..^1] : text) : null;

        if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || Read("pool") is not { Length: > 0 } pool
            || Read("name") is not { Length: > 0 } image
            || Read("current_snap") is not { Length: > 0 } snapshot
            || !uint.TryParse(Read("major"), NumberStyles.None, CultureInfo.InvariantCulture, out uint major)
            || !uint.TryParse(Read("minor"), NumberStyles.None, CultureInfo.InvariantCulture, out uint minor)
            || !ulong.TryParse(Read("size"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong size))
        {
            return null;
        }

        ImageIdentity identity = new(pool, NullIfEmpty(Read("pool_ns")), image, snapshot == "-" ? null : snapshot)
        {
            ClusterFsid = Fsid(Read("cluster_fsid")),
            ImageId = ImageId(Read("image_id")),
        };
        return new KrbdDevice(number, identity, major, minor, size)
        {
            Features = Read("features") is { } text && KrbdFeatures.ParseSupported(text) is { } features ? features : 0,
        };
    }

    // All zero until the cluster has answered.
    private static string? Fsid(string? text) => text is null || text.AsSpan().IndexOfAnyExcept("0-") < 0 ? null : text;

    // An image of format 1 has none; kernels write that in several ways.
    private static string? ImageId(string? text) => text is null or "" or "(null)" or "(unknown)" ? null : text;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
