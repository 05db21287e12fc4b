using System.Globalization;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Guard;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mapping;

/// <summary>The kernel's rbd bus in sysfs: what is mapped, what the kernel can, and the two control files.</summary>
/// <param name="root">Where the bus is.</param>
internal sealed class KrbdBus(string root = KrbdBus.Bus)
{
    private const string Bus = "/sys/bus/rbd";
    private const string Devices = "/sys/devices/rbd";

    private static readonly TimeSpan _shortWhile = TimeSpan.FromSeconds(1.5);

    private string DevicesFolder => root + "/devices";

    /// <summary>Whether the kernel's rbd module is loaded.</summary>
    public bool Exists => Directory.Exists(root);

    /// <summary>The image features the kernel can map; by its version where it does not tell (before 4.11).</summary>
    public ulong SupportedFeatures =>
        Sysfs.Read(root + "/supported_features") is { } text && KrbdFeatures.ParseSupported(text) is { } told
            ? told
            : KrbdFeatures.ByKernel(Environment.OSVersion.Version);

    /// <summary>The numbers of all mapped devices.</summary>
    public IReadOnlySet<int> Ids()
    {
        HashSet<int> ids = [];

        // The bus has links; where the devices themselves are is asked for first, since each link would be followed.
        string folder = root == Bus && Directory.Exists(Devices) ? Devices : DevicesFolder;
        if (Directory.Exists(folder))
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(folder))
            {
                if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                {
                    ids.Add(id);
                }
            }
        }

        return ids;
    }

    /// <summary>The devices of one image, whatever their cluster and snapshot. Costs one small read for each other device.</summary>
    /// <param name="image">The image's name.</param>
    /// <param name="pool">Its pool.</param>
    /// <param name="except">Devices that are known to be other images'.</param>
    public IEnumerable<MappedImage> Named(string image, string pool, IReadOnlySet<int> except) =>
        Ids().Order().Where(id => !except.Contains(id) && Attribute(id, "name")?.TrimEnd('\n') == image).Select(Read)
            .OfType<MappedImage>().Where(device => device.Identity.Pool == pool);

    /// <summary>All devices.</summary>
    public IEnumerable<MappedImage> All() => Ids().Order().Select(Read).OfType<MappedImage>();

    /// <summary>One device; null when there is none of this number.</summary>
    public MappedImage? Read(int id)
    {
        string number = id.ToString(CultureInfo.InvariantCulture);
        if (KrbdDevice.Parse(number, name => Attribute(id, name)) is not { } device)
        {
            return null;
        }

        string block = $"/sys/block/rbd{number}";
        bool readOnly = Sysfs.ReadTrimmed(block + "/ro") == "1";

        // The bus tells the image's size; what counts is what the block layer has made of it.
        ulong size = ulong.TryParse(Sysfs.ReadTrimmed(block + "/size"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong sectors)
            ? sectors * 512
            : device.SizeBytes;
        return new MappedImage(MapperKind.Krbd, id, device.Identity, device.Major, device.Minor, size, readOnly)
        {
            IsUnderExclusiveLock = (device.Features & ImageFeatureNames.ExclusiveLock) != 0,
        };
    }

    /// <summary>Maps what the line says.</summary>
    /// <param name="line">Monitors, options, pool, image, snapshot.</param>
    /// <param name="keyName">The name that the line gives the key; empty for none.</param>
    /// <param name="key">The key's bytes.</param>
    /// <param name="patience">How long the kernel may talk to the cluster; null for a short while.</param>
    /// <exception cref="LinuxException">The kernel refused; add_key: it did not take the key.</exception>
    /// <exception cref="TimeoutException">It did not answer in time, and may still map it.</exception>
    public void Add(string line, string keyName = "", ReadOnlySpan<byte> key = default, TimeSpan? patience = null) =>
        // Broken off, for what is mapped after the call has ended nobody waits for.
        Write(ControlFile("add"), line, patience, endLate: true, keyName, key);

    /// <summary>Unmaps a device.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="force">Even if it is in use: what is not written yet is lost (Linux 4.9).</param>
    /// <param name="patience">How long the kernel may talk to the cluster; null for a short while.</param>
    /// <exception cref="LinuxException">The kernel refused; EBUSY: it is open.</exception>
    /// <exception cref="TimeoutException">It did not answer in time, and may still unmap it.</exception>
    public void Remove(int id, bool force, TimeSpan? patience = null) =>
        // Linux 4.4 takes 0 bytes when another removal of the device is under way: it is waited for like our own.
        Write(ControlFile("remove"), string.Create(CultureInfo.InvariantCulture, $"{id}{(force ? " force" : "")}"), patience, endLate: false);

    /// <summary>Makes the kernel look at the image's header again: its size may have changed.</summary>
    /// <param name="id">The device's number.</param>
    /// <param name="patience">How long the kernel may talk to the cluster; null for a short while.</param>
    /// <exception cref="LinuxException">The kernel refused; ENOENT: there is no such device.</exception>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    public void Refresh(int id, TimeSpan? patience = null) =>
        Write(string.Create(CultureInfo.InvariantCulture, $"{DevicesFolder}/{id}/refresh"), "1", patience, endLate: true);

    // The kernel waits for the cluster where nothing can break the wait off: a process of its own does that.
    private static void Write(string path, string text, TimeSpan? patience, bool endLate, string keyName = "", ReadOnlySpan<byte> key = default)
    {
        int errno = Detached.Write(path, text, patience ?? _shortWhile, endLate, keyName, key) ?? throw new TimeoutException($"{path}: the kernel did not answer in time");
        if (errno != 0)
        {
            throw new LinuxException("write", errno, path);
        }
    }

    // Where the kernel has the files for one shared major number it takes nothing by the others.
    private string ControlFile(string verb)
    {
        string single = $"{root}/{verb}_single_major";
        return File.Exists(single) ? single : $"{root}/{verb}";
    }

    private string? Attribute(int id, string name) =>
        Sysfs.Read(string.Create(CultureInfo.InvariantCulture, $"{DevicesFolder}/{id}/{name}"));
}
