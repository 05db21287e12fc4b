using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mapping;

/// <summary>Both ways to a block device: what is mapped on this node, whoever mapped it.</summary>
/// <param name="config">The config in force.</param>
/// <param name="steps">The call's steps.</param>
/// <param name="bus">The kernel's bus; null for this node's.</param>
internal sealed class Mappers(DriverConfig config, Steps steps, KrbdBus? bus = null)
{
    /// <summary>The kernel's own client.</summary>
    public KrbdMapper Krbd { get; } = new(config, bus ?? new KrbdBus(), steps);

    /// <summary>The daemon rbd-nbd.</summary>
    public NbdMapper Nbd { get; } = new(config, steps);

    /// <summary>All images mapped on this node.</summary>
    public IEnumerable<MappedImage> All() => Krbd.Bus.All().Concat(NbdMapper.All());

    /// <summary>The devices of images with this name in this pool, whatever their cluster.</summary>
    /// <param name="image">The image.</param>
    /// <param name="others">The numbers of rbd devices that are known to be other images'.</param>
    public IEnumerable<MappedImage> Named(ImageIdentity image, IReadOnlySet<int> others) =>
        Krbd.Bus.Named(image.Image, image.Pool, others).Concat(NbdMapper.All()).Where(device => device.Identity.Compare(image) != Match.No);

    /// <summary>The image behind a block device's numbers; null when it is none of a mapped image, or gone.</summary>
    public MappedImage? Behind(uint major, uint minor) => Sysfs.BlockDeviceName(major, minor) switch
    {
        ['r', 'b', 'd', .. var id] when int.TryParse(id, out int number) => Krbd.Bus.Read(number),
        ['n', 'b', 'd', .. var id] when int.TryParse(id, out int number) => NbdMapper.Read(number),
        _ => null,
    };

    /// <summary>Whether a network block device is served by another program than rbd-nbd: qemu-nbd, nbd-client.</summary>
    public static bool IsAnothers(uint major, uint minor) =>
        Sysfs.BlockDeviceName(major, minor) is ['n', 'b', 'd', .. var id] && int.TryParse(id, out int number)
        && NbdMapper.Read(number) is null && NbdMapper.IsServed(number);

    /// <summary>Whether a block device's name is one that images get.</summary>
    public static bool IsOurs(string device) =>
        device.StartsWith("/dev/rbd", StringComparison.Ordinal) || device.StartsWith("/dev/nbd", StringComparison.Ordinal);

    /// <summary>Unmaps a device; one that is gone is fine.</summary>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public void Unmap(MappedImage device)
    {
        if (device.Mapper == MapperKind.Nbd)
        {
            Nbd.Unmap(device);
        }
        else
        {
            Krbd.Unmap(device);
        }
    }

    /// <summary>As <see cref="Unmap"/>, also when the call's time is over: for what is taken back.</summary>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public void UnmapNow(MappedImage device)
    {
        if (device.Mapper == MapperKind.Nbd)
        {
            Nbd.UnmapNow(device);
        }
        else
        {
            Krbd.UnmapNow(device);
        }
    }
}
