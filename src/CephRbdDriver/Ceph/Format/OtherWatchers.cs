using CephRbd.Driver.Volumes;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// Nobody else may have an image open while it is formatted: a blank one may be in the hands of a VM that is just
/// about to write. A client that died stays listed for 30 s; so the answer is waited for, not taken at once.
/// </summary>
internal static class OtherWatchers
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits. Where librbd cannot tell (before Ceph 13.2) the format lock and the image's own lock have to do.</summary>
    /// <param name="image">Open for writing by us.</param>
    /// <param name="self">Our own number among the cluster's clients.</param>
    /// <param name="spec">The volume.</param>
    /// <param name="deadline">The call's.</param>
    /// <exception cref="VolumeException">Somebody has it open and keeps it; names who.</exception>
    public static void WaitUntilGone(RbdImage image, ulong self, VolumeSpec spec, Deadline deadline)
    {
        // A dead client's watch ends after 30 s; what stands for longer is alive.
        TimeSpan until = deadline.Elapsed + TimeSpan.FromSeconds(35);
        while (image.ListWatchers()?.FirstOrDefault(watcher => (ulong)watcher.ClientId != self) is { } other)
        {
            if (deadline.Elapsed > until || deadline.Remaining < TimeSpan.FromSeconds(1))
            {
                throw new VolumeException(
                    $"image {spec.ImageSpec} holds no file system, and it is not formatted while another client has it open: client.{other.ClientId} at {other.Address}. " +
                    $"If that client is dead, it is gone after 30 s and the call succeeds then (rbd status {spec.ImageSpec})");
            }

            if (deadline.Token.WaitHandle.WaitOne(_pause))
            {
                deadline.Check();
            }
        }
    }
}
