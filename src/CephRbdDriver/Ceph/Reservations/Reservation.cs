using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Reservations;

/// <summary>An image that a writer has taken. All of this is under the reservation's lock.</summary>
/// <param name="reservation">Where it stands.</param>
/// <param name="writer">Who has it.</param>
/// <param name="before">What stood there before.</param>
internal sealed class Reservation(ReservationObject reservation, Writer writer, ReservationNote? before)
{
    /// <summary>Writes down who has the image: before the first byte that the writer may write.</summary>
    /// <param name="clients">The clients that map it; of a VM none yet.</param>
    /// <param name="exclusiveLock">Whether they write only while they own the image's exclusive lock.</param>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public void Confirm(IReadOnlyList<string> clients, bool exclusiveLock)
    {
        // A note under the lock outlasts the map: there may be one of an earlier time.
        if (exclusiveLock || before is null || before.Writer != writer || !before.Clients.SequenceEqual(clients) || before.UnderExclusiveLock)
        {
            reservation.Write(new ReservationNote(writer, DateTimeOffset.UtcNow, clients) { UnderExclusiveLock = exclusiveLock });
        }
    }

    /// <summary>Ends the lock early: the image itself shows by now that it is in use.</summary>
    public void Unlock() => reservation.Unlock();

    /// <summary>Gives the image back as it was taken.</summary>
    public void GiveUp()
    {
        if (before is null)
        {
            reservation.Remove();
        }
        else if (!before.Writer.Is(writer))
        {
            reservation.Write(before);
            reservation.Unlock();
        }
    }

    /// <summary>Gives an image back that its writer has done with.</summary>
    /// <param name="reservation">Where the reservation stands.</param>
    /// <param name="writer">The writer.</param>
    /// <param name="lockTime">The lock's time if this call is killed meanwhile.</param>
    /// <returns>False if another has it by now: then nothing is changed.</returns>
    /// <exception cref="VolumeException">What stands there is no reservation.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public static bool Release(ReservationObject reservation, Writer writer, TimeSpan lockTime)
    {
        if (!reservation.TryLock(writer, lockTime))
        {
            return false;
        }

        if (reservation.Read() is { } note && !note.Writer.Is(writer))
        {
            reservation.Unlock();
            return false;
        }

        reservation.Remove();
        return true;
    }
}
