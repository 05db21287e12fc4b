using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Guard;
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
    /// <param name="device">The image behind it; null when it is gone: then nothing can be written any more, and nothing is waited for.</param>
    /// <param name="last">Whether it is the file system's last mount: what is still to be written is written then.</param>
    /// <param name="steps">The call's steps.</param>
    /// <param name="limit">How long the cluster is waited for at most; null for as long as the call has.</param>
    /// <exception cref="VolumeException">It is in use; says by whom.</exception>
    public static void Unmount(string place, uint major, uint minor, MappedImage? device, bool last, Steps steps, TimeSpan? limit = null) => steps.Run($"unmount {place}", () =>
    {
        string image = device?.Identity.ImageSpec ?? "(gone)";
        for (TimeSpan began = steps.Deadline.Elapsed; ; steps.Deadline.Token.WaitHandle.WaitOne(_pause))
        {
            try
            {
                if (last && device is not null)
                {
                    UnmountLast(place, image, limit < steps.Deadline.Patience ? limit.Value : steps.Deadline.Patience);
                }
                else
                {
                    Mounts.Unmount(place, lazy: device is null);
                }

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

    // The kernel writes for as long as the cluster needs, and can't be stopped: a process of its own waits for that, so
    // that this one always comes to its end.
    private static void UnmountLast(string place, string image, TimeSpan patience)
    {
        int errno = Detached.Unmount(place, lazy: false, patience) ?? throw new DeadlineException(
            $"image {image}: {place} was not unmounted in time: what was written has to reach the cluster first. Check ceph -s: OSDs down or frozen, a full pool. The unmount goes on by itself once the cluster answers");
        if (errno != 0)
        {
            throw new LinuxException("umount2", errno, place);
        }
    }
}
