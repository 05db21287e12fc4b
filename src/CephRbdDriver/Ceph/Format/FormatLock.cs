using System.Globalization;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
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
                if (Holder.TryParse(locker.Cookie, out Holder holder) && holder.IsGone())
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
        return pool.LockExclusive(lockObject, LockName, Holder.Self().ToString(), "formatting " + image, duration)
            ? new FormatLock(pool, lockObject)
            : null;
    }

    /// <summary>Who holds the lock of an image now.</summary>
    /// <param name="pool">The image's pool and namespace.</param>
    /// <param name="imageId">The image's id.</param>
    /// <returns>The holder, null where the cookie is none of ours; the cookie; the client's address.</returns>
    public static IEnumerable<(Holder? Holder, string Cookie, string Address)> Holders(RadosIoContext pool, string imageId) =>
        pool.ListLockers(ObjectOf(imageId), LockName).Select(locker => (
            Holder.TryParse(locker.Cookie, out Holder holder) ? holder : (Holder?)null, locker.Cookie, locker.Address));

    /// <summary>Gives the lock back by removing its object: while we hold it, nobody else can.</summary>
    public void Dispose() => _pool.Remove(_object);

    private static string ObjectOf(string imageId) => "cephrbd.lock." + imageId;

    /// <summary>A process of a node, exact enough to know whether it still runs.</summary>
    internal readonly record struct Holder(string Node, string BootId, string PidNamespace, int Pid, long StartTime)
    {
        /// <summary>This process.</summary>
        public static Holder Self() => new(
            Environment.MachineName.Replace(' ', '_'),
            Processes.BootId(),
            OwnPidNamespace(),
            Environment.ProcessId,
            Processes.StartTime(Environment.ProcessId));

        /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
        public static bool TryParse(string text, out Holder holder)
        {
            string[] parts = text.Split(' ');
            bool ok = parts.Length == 5
                & int.TryParse(parts.ElementAtOrDefault(3), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                & long.TryParse(parts.ElementAtOrDefault(4), NumberStyles.None, CultureInfo.InvariantCulture, out long start);
            holder = ok ? new Holder(parts[0], parts[1], parts[2], pid, start) : default;
            return ok;
        }

        /// <summary>
        /// Whether it certainly runs no more: it belongs to this boot of this node and to a process namespace that we
        /// can look into, and is not there. Of any other nobody here can know.
        /// </summary>
        public bool IsGone() =>
            BootId == Processes.BootId() && PidNamespace == OwnPidNamespace() && !Processes.IsAlive(Pid, StartTime);

        /// <inheritdoc/>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Node} {BootId} {PidNamespace} {Pid} {StartTime}");

        private static string OwnPidNamespace() => File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)?.Name ?? "?";
    }
}
