using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mapping;

/// <summary>The node of a mapped device in /dev. devtmpfs makes it with the device; where there is none, we do.</summary>
internal static class DeviceNode
{
    private const uint OwnerOnly = 0x180; // 0600
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(500);

    /// <summary>The node is there and means the device.</summary>
    /// <exception cref="VolumeException">It cannot be made.</exception>
    public static void Ensure(MappedImage device, Deadline deadline)
    {
        try
        {
            for (TimeSpan began = deadline.Elapsed; !IsRight(device); Thread.Sleep(10))
            {
                // Without devtmpfs there is nothing to wait for but udev.
                if (deadline.Elapsed - began > _patience)
                {
                    Make(device);
                }

                deadline.Check();
            }
        }
        catch (LinuxException e)
        {
            throw new VolumeException($"image {device.Identity.ImageSpec} is mapped, but its node {device.DevicePath} cannot be made: {e.Message}", e);
        }
    }

    private static bool IsRight(MappedImage device) =>
        DeviceNodes.BlockDeviceAt(device.DevicePath) == (device.Major, device.Minor);

    private static void Make(MappedImage device)
    {
        // A node of an earlier device with other numbers.
        Files.Remove(device.DevicePath);
        try
        {
            DeviceNodes.MakeBlock(device.DevicePath, device.Major, device.Minor, OwnerOnly);
        }
        catch (LinuxException e) when (e.Errno == Errno.Exists)
        {
            // Somebody was quicker; it is looked at again.
        }
    }
}
