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

    /// <summary>Waits. If nobody can tell who has it open, the image is not formatted.</summary>
    /// <param name="watchers">Lists the others who have the image open.</param>
    /// <param name="spec">The volume.</param>
    /// <param name="deadline">The call's.</param>
    /// <exception cref="VolumeException">Somebody has it open and keeps it, and who; or that can't be told, and why.</exception>
    public static void WaitUntilGone(Func<IReadOnlyList<RbdWatcher>> watchers, VolumeSpec spec, Deadline deadline)
    {
        // A dead client's watch ends after 30 s; what stands for longer is alive.
        TimeSpan until = deadline.Elapsed + TimeSpan.FromSeconds(35);
        while (List(watchers, spec) is [RbdWatcher other, ..])
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

    private static IReadOnlyList<RbdWatcher> List(Func<IReadOnlyList<RbdWatcher>> watchers, VolumeSpec spec)
    {
        try
        {
            return watchers();
        }
        catch (VolumeException e) when (e is not DeadlineException)
        {
            throw new VolumeException(
                $"image {spec.ImageSpec} holds no file system, and it is not formatted unless it is certain that no other client has it open: {e.Message}", e);
        }
    }
}
