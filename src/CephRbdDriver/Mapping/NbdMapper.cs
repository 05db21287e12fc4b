using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mapping;

/// <summary>
/// Maps images by rbd-nbd, a daemon for each: librbd's features where the kernel's client lacks them. What is mapped
/// is read off the kernel and the daemons' own arguments, so it is found again whatever was restarted.
/// </summary>
internal sealed class NbdMapper(DriverConfig config, Steps steps)
{
    // Not /sys/block: that has links, each of which would be followed.
    private const string Blocks = "/sys/devices/virtual/block";
    private const string Program = "rbd-nbd";
    private const uint PrivateFile = 0x180; // 0600

    private readonly PrivatePlaces _places = new(config.RunDir);
    private static readonly TimeSpan _busyPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _unmapLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether rbd-nbd is installed.</summary>
    public static bool IsInstalled => Tool.Find(Program) is not null;

    /// <summary>All images mapped by rbd-nbd.</summary>
    public static IEnumerable<MappedImage> All() =>
        Directory.Exists(Blocks)
            ? Directory.EnumerateFileSystemEntries(Blocks, "nbd*")
                .Select(path => Path.GetFileName(path)[3..])
                .Select(id => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? Read(number) : null)
                .OfType<MappedImage>()
            : [];

    /// <summary>One device; null when no rbd-nbd serves it.</summary>
    public static MappedImage? Read(int id)
    {
        string block = string.Create(CultureInfo.InvariantCulture, $"{Blocks}/nbd{id}");
        if (Sysfs.ReadTrimmed(block + "/pid") is not { Length: > 0 } pid
            || OfProcess(pid, "cmdline") is not { Length: > 0 } cmdline
            || NbdMap.Parse(cmdline, OfProcess(pid, "environ")) is not { } map
            || Sysfs.ReadTrimmed(block + "/dev")?.Split(':') is not [var major, var minor])
        {
            return null;
        }

        _ = ulong.TryParse(Sysfs.ReadTrimmed(block + "/size"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong sectors);
        return new MappedImage(
            MapperKind.Nbd, id, map.Identity,
            uint.Parse(major, CultureInfo.InvariantCulture), uint.Parse(minor, CultureInfo.InvariantCulture),
            sectors * 512, Sysfs.ReadTrimmed(block + "/ro") == "1");
    }

    /// <summary>Whether a living program serves a device.</summary>
    public static bool IsServed(int id) =>
        Sysfs.ReadTrimmed(string.Create(CultureInfo.InvariantCulture, $"{Blocks}/nbd{id}/pid")) is { Length: > 0 } pid && Directory.Exists($"/proc/{pid}");

    /// <summary>Maps an image.</summary>
    /// <param name="image">The image, with its id and its cluster's.</param>
    /// <param name="access">Who asks; monitors and all else are taken from the conf file.</param>
    /// <param name="cluster">The cluster's name, which chooses the conf file; null for the default one.</param>
    /// <param name="readOnly">Whether the device refuses writes.</param>
    /// <exception cref="VolumeException">rbd-nbd is missing, failed or did not end in time; nothing stays mapped, or the message says what.</exception>
    public MappedImage Map(ImageIdentity image, KernelAccess access, string? cluster, bool readOnly)
    {
        string program = Tool.Find(Program) ?? throw new VolumeException(
            $"image {image.ImageSpec}: {Program} is needed to map it, and is not on this node: apt install rbd-nbd");
        LoadModule(image);
        HashSet<int> before = [.. All().Select(device => device.Id)];
        (int exit, string words) = steps.Run($"map {image.ImageSpec} by {Program}", () => RunMap(program, image, access, cluster, readOnly, before));
        if (FindNew(image, before) is not { } device)
        {
            throw new VolumeException($"image {image.ImageSpec}: {Program} could not map it ({exit}): {words}");
        }

        try
        {
            DeviceNode.Ensure(device, steps.Deadline);
        }
        catch (VolumeException e)
        {
            throw new VolumeException(e.Message + Undo(image, before), e);
        }

        return device;
    }

    /// <summary>Unmaps a device; one that is gone is fine.</summary>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public void Unmap(MappedImage device) => steps.Run($"unmap {device.Name}", () => UnmapNow(device));

    /// <summary>As <see cref="Unmap"/>, also when the call's time is over: for what is taken back.</summary>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public void UnmapNow(MappedImage device)
    {
        // rbd-nbd takes a device away from under a mounted file system without a word.
        using var moment = new Deadline(_unmapLimit);
        for (; !IsFree(device) && !(config.ForceUnmap && !Holders.IsWritingOut(device.DevicePath, device.Major, device.Minor)); Thread.Sleep(_pause))
        {
            if (moment.Elapsed > _busyPatience)
            {
                throw new VolumeException(
                    $"image {device.Identity.ImageSpec}: {device.DevicePath} cannot be unmapped, it is in use: {Holders.Describe(device.Major, device.Minor, device.Name)}. End that, and the call succeeds when it is tried again");
            }
        }

        if (Read(device.Id)?.Identity != device.Identity)
        {
            return;
        }

        string program = Tool.Find(Program) ?? throw new VolumeException(
            $"image {device.Identity.ImageSpec}: {device.DevicePath} cannot be unmapped, {Program} is not on this node any more: apt install rbd-nbd");
        (int exit, string words) = Tool.Run(program, ["unmap", device.DevicePath], "/", moment);
        for (TimeSpan began = moment.Elapsed; Read(device.Id)?.Identity == device.Identity; Thread.Sleep(_pause))
        {
            if (exit != 0 || moment.Elapsed - began > _busyPatience)
            {
                throw new VolumeException($"image {device.Identity.ImageSpec}: {Program} could not unmap {device.DevicePath} ({exit}): {words}");
            }
        }
    }

    private (int ExitCode, string Words) RunMap(string program, ImageIdentity image, KernelAccess access, string? cluster, bool readOnly, HashSet<int> before)
    {
        string place = _places.Make();
        try
        {
            var arguments = new List<string> { "map", "--id", access.User, "-c", config.ConfPathFor(cluster) };
            if (access.Key is { } key)
            {
                // In memory, for root alone, and gone as soon as the daemon has read it: an argument would be for all to see.
                Files.WriteDurable(place, PrivatePlaces.KeyringName, System.Text.Encoding.UTF8.GetBytes($"[client.{access.User}]\nkey = {key.Reveal()}\n"), PrivateFile);
                arguments.AddRange(["--keyring", Path.Combine(place, PrivatePlaces.KeyringName)]);
            }

            if (readOnly)
            {
                arguments.Add("--read-only");
            }

            arguments.Add(image.ImageSpec);
            (program, List<string> wrapped) = OutOfOurGroup(program, arguments);
            return Tool.Run(program, wrapped, "/", steps.Deadline, (NbdMap.MarkVariable, NbdMap.Mark(image.ClusterFsid ?? "", image.ImageId ?? "")));
        }
        catch (DeadlineException e)
        {
            throw new DeadlineException($"image {image.ImageSpec}: {Program} did not map it in time{Undo(image, before)}. Check that this node reaches the monitors and the OSDs (ceph -s). {e.Message}");
        }
        finally
        {
            Files.Remove(Path.Combine(place, PrivatePlaces.KeyringName));
            Files.RemoveDirectory(place);
        }
    }

    // The daemon has to outlive kubelet, and systemd ends all processes of a unit that it stops.
    private static (string Program, List<string> Arguments) OutOfOurGroup(string program, List<string> arguments) =>
        Directory.Exists("/run/systemd/system") && Tool.Find("systemd-run") is { } systemdRun
            ? (systemdRun, ["--quiet", "--scope", "--slice=system.slice", "--description=cephrbd: rbd-nbd", program, .. arguments])
            : (program, arguments);

    private void LoadModule(ImageIdentity image)
    {
        (bool ready, string problem) = KernelModule.Load(
            "nbd", () => Directory.Exists("/sys/module/nbd") || Directory.Exists("/sys/block/nbd0"), steps, "nbds_max=256");
        if (!ready)
        {
            throw new VolumeException($"image {image.ImageSpec}: {problem}");
        }
    }

    private static MappedImage? FindNew(ImageIdentity image, HashSet<int> before) =>
        All().FirstOrDefault(device => !before.Contains(device.Id) && device.Identity.Compare(image) != Match.No);

    private static string Undo(ImageIdentity image, HashSet<int> before)
    {
        if (FindNew(image, before) is not { } device)
        {
            return "";
        }

        // The call's time is over: this has a moment of its own.
        using var moment = new Deadline(TimeSpan.FromSeconds(2));
        (int exit, string words) = Tool.Run(Tool.Find(Program)!, ["unmap", device.DevicePath], "/", moment);
        return exit == 0
            ? $". {device.Name}, which it had made all the same, is unmapped again"
            : $". Left behind: {device.DevicePath} is mapped ({words}): rbd-nbd unmap {device.DevicePath}";
    }

    private static bool IsFree(MappedImage device)
    {
        try
        {
            return DeviceNodes.IsFree(device.DevicePath);
        }
        catch (LinuxException e) when (e.Errno is Errno.NoEntry or Errno.NoDevice or Errno.NoSuchDevice or Errno.Io)
        {
            return true;
        }
    }

    private static string OfProcess(string pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended; or it is another user's, and then it is known by its arguments alone.
            return "";
        }
    }
}
