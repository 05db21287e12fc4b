using CephRbd.Driver.Volumes;
using CephRbd.Native.Rados;

namespace CephRbd.Driver.Ceph.Reservations;

/// <summary>
/// The object in an image's pool that says who has it for writing. A lock on it, which ends by itself, keeps other
/// writers out until the image shows who uses it; what is written in it stays. Never the image's header: a lock there
/// is the exclusive-lock feature's.
/// </summary>
/// <param name="pool">The image's pool and namespace.</param>
/// <param name="imageId">The image's id, which a rename does not change.</param>
/// <param name="image">The image's name for messages.</param>
internal sealed class ReservationObject(RadosIoContext pool, string imageId, string image)
{
    private const string LockName = "cephrbd.reservation";

    private readonly string _object = "cephrbd.reservation." + imageId;
    private readonly string _cookie = CallIdentity.Self().ToString();

    /// <summary>Who holds the lock.</summary>
    /// <param name="Writer">The writer; null where the tag is none of ours.</param>
    /// <param name="Locker">The client.</param>
    internal readonly record struct Holder(Writer? Writer, RadosLocker Locker)
    {
        /// <summary>The boot of the node that the lock is from; empty where it is not told.</summary>
        public string Boot => CallIdentity.TryParse(Locker.Cookie, out CallIdentity call) ? call.BootId : "";
    }

    /// <summary>Locks, unless another writer holds the lock. For the same writer it lasts longer each time.</summary>
    public bool TryLock(Writer writer, TimeSpan duration) =>
        pool.LockShared(_object, LockName, _cookie, writer.Tag, "writing to " + image, duration);

    /// <summary>Gives back what this call has locked.</summary>
    public void Unlock() => pool.Unlock(_object, LockName, _cookie);

    /// <summary>Who holds the lock now.</summary>
    public IReadOnlyList<Holder> Holders() =>
        [.. pool.ListLockers(_object, LockName, out string tag).Select(locker => new Holder(Writer.FromTag(tag), locker))];

    /// <summary>Takes the lock from one that is no more.</summary>
    public void Break(Holder holder) => pool.BreakLock(_object, LockName, holder.Locker.Client, holder.Locker.Cookie);

    /// <summary>Who has the image; null when nobody has.</summary>
    /// <exception cref="VolumeException">What is there is no note.</exception>
    public ReservationNote? Read() => ReservationNote.Parse(pool.Read(_object, ReservationNote.MaxBytes), image);

    /// <summary>As <see cref="Read"/>, for who only looks: what is no note counts as none, and whoever is to write is told.</summary>
    public ReservationNote? ReadIfOne()
    {
        try
        {
            return Read();
        }
        catch (VolumeException)
        {
            return null;
        }
    }

    /// <summary>Writes down who has the image. Only by who holds the lock.</summary>
    public void Write(ReservationNote note) => pool.WriteFull(_object, note.ToJson());

    /// <summary>Removes all of it, the lock as well. Only by who holds the lock: nobody else can then.</summary>
    public void Remove() => pool.Remove(_object);
}
