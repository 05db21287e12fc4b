using CephRbd.Driver.Volumes;
using CephRbd.Native.Rados;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// Lets one call in the whole cluster format an image. It is a RADOS lock on an object of our own, never on the
/// image's header, where it would clash with the exclusive-lock feature. It ends by itself when its holder is gone.
/// </summary>
internal sealed class FormatLock : IDisposable
{
    private const string LockName = "cephrbd.format";
    private readonly RadosIoContext _pool;
    private readonly string _object;

    private FormatLock(RadosIoContext pool, string lockObject)
    {
        _pool = pool;
        _object = lockObject;
    }

    /// <summary>Waits for the lock within the deadline.</summary>
    /// <param name="pool">The image's pool and namespace.</param>
    /// <param name="imageId">The image's id, not its name where it has one: a rename must not make two locks of one.</param>
    /// <param name="image">The image's name for messages.</param>
    /// <param name="deadline">The call's.</param>
    /// <exception cref="VolumeException">Another node holds it for longer than this call may wait.</exception>
    public static FormatLock Take(RadosIoContext pool, string imageId, string image, Deadline deadline)
    {
        for (; ; )
        {
            if (TryTake(pool, imageId, image, deadline) is { } taken)
            {
                return taken;
            }

            string lockObject = ObjectOf(imageId);
            foreach (RadosLocker locker in pool.ListLockers(lockObject, LockName))
            {
                if (CallIdentity.TryParse(locker.Cookie, out CallIdentity holder) && holder.IsGone())
                {
                    pool.BreakLock(lockObject, LockName, locker.Client, locker.Cookie);
                }
                else if (deadline.Remaining < TimeSpan.FromSeconds(1))
                {
                    throw new VolumeException(
                        $"image {image}: another call prepares it: {locker.Cookie} at {locker.Address}. It is tried again; if that node is dead, its claim ends by itself");
                }
            }

            if (deadline.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100)))
            {
                deadline.Check();
            }
        }
    }

    /// <summary>Takes the lock if nobody has it.</summary>
    /// <returns>Null when somebody has it.</returns>
    /// <inheritdoc cref="Take"/>
    public static FormatLock? TryTake(RadosIoContext pool, string imageId, string image, Deadline deadline)
    {
        // The process ends at its deadline plus the watchdog's grace; its lock a little later, whatever happens to it.
        TimeSpan duration = deadline.Remaining + TimeSpan.FromSeconds(10);
        string lockObject = ObjectOf(imageId);
        return pool.LockExclusive(lockObject, LockName, CallIdentity.Self().ToString(), "formatting " + image, duration)
            ? new FormatLock(pool, lockObject)
            : null;
    }

    /// <summary>Who holds the lock of an image now.</summary>
    /// <param name="pool">The image's pool and namespace.</param>
    /// <param name="imageId">The image's id.</param>
    /// <returns>The holder, null where the cookie is none of ours; the cookie; the client's address.</returns>
    public static IEnumerable<(CallIdentity? Holder, string Cookie, string Address)> Holders(RadosIoContext pool, string imageId) =>
        pool.ListLockers(ObjectOf(imageId), LockName).Select(locker => (
            CallIdentity.TryParse(locker.Cookie, out CallIdentity holder) ? holder : (CallIdentity?)null, locker.Cookie, locker.Address));

    /// <summary>Gives the lock back by removing its object: while we hold it, nobody else can.</summary>
    public void Dispose() => _pool.Remove(_object);

    private static string ObjectOf(string imageId) => "cephrbd.lock." + imageId;
}
