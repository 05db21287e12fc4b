using System.Diagnostics;
using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mapping;

/// <summary>
/// Maps images by the kernel's own client, through sysfs: no rbd program, no wait for udev. The key goes into the
/// process's key ring, so it stands in no file and no argument, and is gone with the process.
/// </summary>
internal sealed class KrbdMapper(DriverConfig config, KrbdBus bus, Steps steps)
{
    private const int GoneTries = 40;
    private static readonly TimeSpan _busyLong = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _busyShort = TimeSpan.FromSeconds(0.7);
    private static readonly TimeSpan _busyPause = TimeSpan.FromMilliseconds(50);

    /// <summary>The kernel's bus.</summary>
    public KrbdBus Bus => bus;

    /// <summary>Loads the kernel's module if it is missing.</summary>
    /// <returns>Whether the kernel can map images now; if not, why.</returns>
    public (bool Ready, string Problem) Load() => KernelModule.Load("rbd", () => bus.Exists, steps);

    /// <summary>Maps an image. The device is there, with its node, when this returns.</summary>
    /// <param name="image">The image.</param>
    /// <param name="access">What the kernel's client needs.</param>
    /// <param name="readOnly">Whether the device is to refuse writes.</param>
    /// <param name="ownClient">Whether the map has a client of its own, so that it alone can be shut out.</param>
    /// <exception cref="MapFailure">The kernel refused; what it began is undone, or the message says what remains.</exception>
    /// <exception cref="DeadlineException">It did not answer in time.</exception>
    public MappedImage Map(ImageIdentity image, KernelAccess access, bool readOnly, bool ownClient)
    {
        var request = new KrbdMapRequest(
            access.Monitors, access.User, access.Key is not null, image, readOnly,
            MountTimeoutSeconds: MountTimeout, config.OsdRequestTimeoutSeconds, Environment.OSVersion.Version, access.SpeakV2Only)
        {
            OwnClient = ownClient,
        };
        if (KrbdAddLine.Problem(request) is { } problem)
        {
            throw new MapFailure(Errno.Invalid, $"image {image.ImageSpec} can't be mapped by this kernel: {problem}");
        }

        return steps.Run($"map {image.ImageSpec} by the kernel", () =>
        {
            BusBefore before = new(bus, image);
            Add(image, access, KrbdAddLine.Build(request), before);
            MappedImage device = before.FindNew() ?? throw new MapFailure(
                Errno.NoEntry, $"image {image.ImageSpec}: the kernel says it is mapped, but no device of it is in /sys/bus/rbd/devices");
            try
            {
                DeviceNode.Ensure(device, steps.Deadline);
            }
            catch (VolumeException e)
            {
                throw new VolumeException(e.Message + Undo(image, before), e);
            }

            return device;
        }, "the monitors and OSDs of the cluster, the kernel's log (dmesg)");
    }

    /// <summary>Unmaps a device; one that is gone already is fine.</summary>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public void Unmap(MappedImage device) => steps.Run($"unmap {device.Name}", () => UnmapNow(device, steps.Deadline.Patience));

    /// <summary>As <see cref="Unmap"/>, also when the call's time is over: for what is taken back.</summary>
    /// <param name="device">The device.</param>
    /// <param name="patience">How long the kernel may talk to the cluster; null for a short while.</param>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public void UnmapNow(MappedImage device, TimeSpan? patience = null)
    {
        TimeSpan busyPatience = patience is null ? _busyShort : _busyLong;
        for (long began = Stopwatch.GetTimestamp(); ;)
        {
            // Numbers are used again: by now it may be another image's.
            if (bus.Read(device.Id)?.Identity != device.Identity)
            {
                return;
            }

            try
            {
                bus.Remove(device.Id, force: false, patience);
                AwaitGone(device);
                return;
            }
            catch (TimeoutException e)
            {
                throw new DeadlineException($"image {device.Identity.ImageSpec}: {device.DevicePath} was not unmapped in time. Check ceph -s: OSDs down or frozen. The kernel goes on with it; a watcher of this node may stay on the image for 30 s [{e.Message}]");
            }
            catch (LinuxException e) when (e.Errno is Errno.NoEntry or Errno.NoSuchDevice)
            {
                return;
            }
            catch (LinuxException e) when (e.Errno is Errno.Busy or Errno.InProgress && Stopwatch.GetElapsedTime(began) < busyPatience)
            {
                // udev and scanners open a device for a moment whenever it changes.
                Thread.Sleep(_busyPause);
            }
            catch (LinuxException e) when (e.Errno == Errno.Busy && config.ForceUnmap && Environment.OSVersion.Version >= new Version(4, 9)
                && !Holders.IsWritingOut(device.DevicePath, device.Major, device.Minor))
            {
                steps.Note($"{device.Name} is in use, and forceUnmap is set: unmapping it all the same");
                Force(device, patience);
                return;
            }
            catch (LinuxException e) when (e.Errno == Errno.Busy)
            {
                throw new VolumeException(
                    $"image {device.Identity.ImageSpec}: {device.DevicePath} cannot be unmapped, it is in use: {Holders.Describe(device.Major, device.Minor, device.Name)}. End that, and the call succeeds when it is tried again");
            }
            catch (LinuxException e)
            {
                throw new VolumeException($"image {device.Identity.ImageSpec}: the kernel cannot unmap {device.DevicePath}: {e.Message}", e);
            }
        }
    }

    // One for all calls, whatever is left of their time: the kernel shares one client among maps with the same options.
    private int MountTimeout => Math.Clamp(config.TimeoutSeconds / 2, 3, 60);

    private void Add(ImageIdentity image, KernelAccess access, string line, BusBefore before)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            (string name, byte[] key) = access.Key is { } secret ? ("client." + access.User, Convert.FromBase64String(secret.Reveal())) : ("", []);
            bus.Add(line, name, key, steps.Deadline.Patience);
        }
        catch (TimeoutException)
        {
            throw new DeadlineException(
                $"image {image.ImageSpec}: the kernel did not map it in time ({(steps.Deadline.StopReason ?? steps.Deadline.ExpiryReason)}){Said(began)}{Undo(image, before)}. " +
                "Check that this node reaches the monitors and the OSDs (ceph -s, dmesg). If the kernel should still come to an end with it, the next call takes that back");
        }
        catch (LinuxException e) when (e.Call == "add_key")
        {
            throw new VolumeException($"image {image.ImageSpec} cannot be mapped: the kernel does not take the key of client.{access.User} into its key ring: {e.Message}. Is the module libceph loaded (modprobe rbd)?", e);
        }
        catch (LinuxException e) when (e.Call == "write")
        {
            throw new MapFailure(e.Errno, Explain(e.Errno, image) + Said(began) + Undo(image, before));
        }
        catch (LinuxException e)
        {
            throw new VolumeException($"image {image.ImageSpec} cannot be mapped: {e.Message}", e);
        }
    }

    // What a failed map left all the same.
    private string Undo(ImageIdentity image, BusBefore before)
    {
        if (before.FindNew() is not { } device)
        {
            return "";
        }

        try
        {
            bus.Remove(device.Id, force: false);
            return $". {device.Name}, which it had made all the same, is unmapped again";
        }
        catch (LinuxException e) when (e.Errno is Errno.NoEntry or Errno.NoSuchDevice)
        {
            return "";
        }
        catch (Exception e) when (e is LinuxException or TimeoutException)
        {
            return $". Left behind: {device.DevicePath} is mapped and could not be unmapped ({e.Message}): echo {device.Id.ToString(CultureInfo.InvariantCulture)} > /sys/bus/rbd/remove";
        }
    }

    private void Force(MappedImage device, TimeSpan? patience)
    {
        try
        {
            bus.Remove(device.Id, force: true, patience);
        }
        catch (TimeoutException e)
        {
            throw new DeadlineException($"image {device.Identity.ImageSpec}: {device.DevicePath} was not unmapped by force in time [{e.Message}]");
        }
        catch (LinuxException e) when (e.Errno is not (Errno.NoEntry or Errno.NoSuchDevice))
        {
            throw new VolumeException($"image {device.Identity.ImageSpec}: the kernel does not unmap {device.DevicePath}, not even by force: {e.Message}", e);
        }

        AwaitGone(device);
    }

    private void AwaitGone(MappedImage device)
    {
        // A removal returns when it is done, but of two at once the second returns early.
        for (int i = 0; bus.Read(device.Id)?.Identity == device.Identity; i++)
        {
            if (i == GoneTries)
            {
                throw new VolumeException($"image {device.Identity.ImageSpec}: {device.DevicePath} is still mapped after the kernel was told to unmap it. Look at dmesg; the call can be tried again");
            }

            Thread.Sleep(_busyPause);
        }
    }

    private static string Said(long began) => KernelLog.Since(began) is { Length: > 0 } words ? $". The kernel said: {words}" : "";

    private static string Explain(int errno, ImageIdentity image)
    {
        string what = $"image {image.ImageSpec}: the kernel cannot map it";
        return errno switch
        {
            Errno.NoEntry => $"{what}: it does not find image or pool",
            Errno.NoDevice => $"{what}: it lacks a feature of the image",
            Errno.Access or Errno.NotPermitted => $"{what}: the cluster refuses the user or the key, or its caps do not allow it",
            Errno.TimedOut or Errno.Io => $"{what}: the monitors or OSDs did not answer it. Kernels speak messenger v1 unless told otherwise: the monitors need a v1 address (port 6789)",
            Errno.ReadOnly => $"{what} for writing",
            Errno.Invalid => $"{what}: it does not understand an option or a name",
            _ => what,
        } + $" ({Errno.Explain(errno)})";
    }
}
