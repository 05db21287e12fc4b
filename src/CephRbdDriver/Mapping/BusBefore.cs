namespace CephRbd.Driver.Mapping;

/// <summary>
/// The bus as it was before an image was mapped: by it the new device is known. A number that was there then tells
/// nothing, since the kernel gives a number again at once when another call has unmapped its device meanwhile.
/// </summary>
internal sealed class BusBefore
{
    private static readonly HashSet<int> _none = [];

    private readonly KrbdBus _bus;
    private readonly ImageIdentity _image;
    private readonly IReadOnlySet<int> _ids;
    private readonly Dictionary<int, ImageIdentity> _alike;

    /// <summary>Looks at the bus.</summary>
    /// <param name="bus">The kernel's bus.</param>
    /// <param name="image">The image that is to be mapped.</param>
    public BusBefore(KrbdBus bus, ImageIdentity image)
    {
        (_bus, _image) = (bus, image);
        _ids = bus.Ids();
        _alike = bus.Named(image.Image, image.Pool, _none).ToDictionary(device => device.Id, device => device.Identity);
    }

    /// <summary>The image's device that was not there; null when there is none.</summary>
    public MappedImage? FindNew() =>
        FirstNew(_bus.Ids().Where(id => !_ids.Contains(id)).Order().Select(_bus.Read).OfType<MappedImage>())
        ?? FirstNew(_bus.Named(_image.Image, _image.Pool, _none));

    // Devices of this name that were there are another cluster's, or somebody's own mapping of the image.
    private MappedImage? FirstNew(IEnumerable<MappedImage> devices) =>
        devices.FirstOrDefault(device => device.Identity.Compare(_image) != Match.No
            && !(_alike.TryGetValue(device.Id, out ImageIdentity? was) && was == device.Identity));
}
