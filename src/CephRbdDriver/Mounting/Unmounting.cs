using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Mounting;

/// <summary>Unmounts with patience, and says who is in the way.</summary>
internal static class Unmounting
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Unmounts the topmost of what is mounted there; nothing there is fine.</summary>
    /// <param name="place">The mount point.</param>
    /// <param name="major">The device's major number.</param>
    /// <param name="minor">The device's minor number.</param>
    /// <param name="image">The image, for messages.</param>
    /// <param name="steps">The call's steps.</param>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public static void Unmount(string place, uint major, uint minor, string image, Steps steps) => steps.Run($"unmount {place}", () =>
    {
        // What has lost its device can write nothing any more, and would only say so.
        bool corrupt = MountTable.IsCorrupt(place);
        for (TimeSpan began = steps.Deadline.Elapsed; ; steps.Deadline.Token.WaitHandle.WaitOne(_pause))
        {
            try
            {
                Mounts.Unmount(place, lazy: corrupt);
                return;
            }
            catch (LinuxException e) when (e.Errno is Errno.Invalid or Errno.NoEntry)
            {
                return;
            }
            catch (LinuxException e) when (e.Errno == Errno.Busy && steps.Deadline.Elapsed - began < _patience && steps.Deadline.Remaining > _pause)
            {
                // Somebody looks into it for a moment.
            }
            catch (LinuxException e) when (e.Errno == Errno.Busy)
            {
                throw new VolumeException($"image {image}: {place} cannot be unmounted, it is in use: {Holders.Describe(major, minor, null)}. End that, and the call succeeds when it is tried again");
            }
            catch (LinuxException e)
            {
                throw new VolumeException($"image {image}: {place} cannot be unmounted: {e.Message}", e);
            }
        }
    }, "the OSDs of the cluster: what was written has to reach them");
}
