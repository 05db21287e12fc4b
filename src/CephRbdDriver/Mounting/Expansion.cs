using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mounting;

/// <summary>Lets device and file system follow an image that has grown.</summary>
internal sealed class Expansion(Mappers mappers, Steps steps)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the kernel has heard of the image's new size.</summary>
    /// <exception cref="VolumeException">It does not hear of it.</exception>
    public MappedImage AwaitSize(MappedImage device, ulong bytes) => steps.Run($"wait for {device.Name} to have the image's size", () =>
    {
        MappedImage now = device;
        for (TimeSpan began = steps.Deadline.Elapsed; now.SizeBytes < bytes; steps.Deadline.Token.WaitHandle.WaitOne(_pause))
        {
            if (steps.Deadline.Elapsed - began > _patience)
            {
                throw new VolumeException($"image {device.Identity.ImageSpec} has {Quantity.Format(bytes)}, but {device.DevicePath} still shows {Quantity.Format(now.SizeBytes)}");
            }

            if (device.Mapper == MapperKind.Krbd)
            {
                Refresh(device);
            }

            now = mappers.Behind(device.Major, device.Minor) ?? throw new VolumeException($"image {device.Identity.ImageSpec}: its device {device.DevicePath} is gone");
        }

        return now;
    });

    /// <summary>Grows the file system of an image where it is mounted for writing.</summary>
    /// <returns>False when it is mounted nowhere.</returns>
    /// <exception cref="VolumeException">It is mounted for reading only, or can't grow.</exception>
    public bool GrowMounted(MappedImage device, VolumeSpec spec)
    {
        MountEntry[] mounts = [.. MountTable.Read().Of(device.Major, device.Minor)];
        if (mounts.Length == 0)
        {
            return false;
        }

        if (device.ReadOnly || Array.Find(mounts, mount => !mount.IsReadOnly) is not { } writable)
        {
            throw new VolumeException($"image {spec.ImageSpec} is mounted for reading only on this node ({mounts[0].MountPoint}): its file system grows where it is mounted for writing");
        }

        MappedImage now = device;
        if (device.Mapper == MapperKind.Krbd)
        {
            Refresh(device);
            now = mappers.Behind(device.Major, device.Minor) ?? device;
        }

        new FileSystemTools(steps).Grow(new Disk(now.DevicePath, now.Name, now.SizeBytes, spec.ImageSpec), writable.MountPoint, writable.FsType);
        return true;
    }

    private void Refresh(MappedImage device)
    {
        try
        {
            mappers.Krbd.Bus.Refresh(device.Id, steps.Deadline.Patience);
        }
        catch (TimeoutException e)
        {
            throw new DeadlineException($"image {device.Identity.ImageSpec}: the kernel did not look at the size of {device.DevicePath} again in time. Check ceph -s: OSDs down or frozen [{e.Message}]");
        }
        catch (LinuxException e)
        {
            throw new VolumeException($"image {device.Identity.ImageSpec}: the kernel could not look at its size again: {e.Message}", e);
        }
    }
}
