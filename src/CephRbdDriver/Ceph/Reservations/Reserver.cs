using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Reservations;

/// <summary>Sees to it that an image has one writer at a time, whatever node it is on.</summary>
internal sealed class Reserver(ClusterConnection connection, RadosIoContext pool, VolumeSpec spec, DriverConfig config, Steps steps)
{

    private const int MostTries = 5;

    // A client that is heard of again within this time is not shut out.
    private static readonly TimeSpan _secondLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _dead = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _longerThanCall = TimeSpan.FromSeconds(10);

    /// <summary>Takes the image for a writer: the reservation's lock first, and only then a look at who uses the image.</summary>
    /// <param name="image">The image, open.</param>
    /// <param name="writer">Who asks.</param>
    /// <returns>The reservation, whose lock is held. It is to be confirmed or given up.</returns>
    /// <exception cref="VolumeException">Somebody else has the image; says who.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public Reservation Take(RbdImage image, Writer writer) => steps.Run("reserve the image", () =>
    {
        var reservation = new ReservationObject(pool, image.Id, spec.ImageSpec);
        Lock(reservation, writer);
        ReservationNote? note = null;
        bool known = false;
        try
        {
            note = reservation.Read();
            known = true;
            ImageUse use = Look(image, note, reservation, writer, live: false);
            Claim claim = Claim.Decide(use, writer, spec);
            if (!claim.IsSimple)
            {
                ShutOut(image, use, reservation, writer);
            }

            return new Reservation(reservation, writer, note);
        }
        catch
        {
            GiveUp(reservation, isNew: known && note is null);
            throw;
        }
    }, $"who has it: rbd status {spec.ImageSpec}, cephrbd release {spec.ImageSpec}");

    /// <summary>
    /// Refuses what another node has, without taking anything or shutting anybody out: for who prepares an image and
    /// does not give it to anybody. Calls that prepare it, too, and clients that died are waited for.
    /// </summary>
    /// <param name="image">The image, open.</param>
    /// <param name="node">This node.</param>
    /// <exception cref="VolumeException">Somebody else has the image; says who.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public void Check(RbdImage image, Writer node) => steps.Run("check that no other node has the image", () =>
    {
        var reservation = new ReservationObject(pool, image.Id, spec.ImageSpec);
        ReservationNote? note = reservation.Read();
        if (reservation.Holders().FirstOrDefault(holder => holder.Writer?.IsNodeOf(node) != true) is { Locker: not null } other)
        {
            throw Claim.Reserved(other, note, spec, Time);
        }

        if (note?.Writer.IsNodeOf(node) == true)
        {
            return;
        }

        for (TimeSpan began = steps.Deadline.Elapsed; Seen() is { Count: > 0 } watchers;)
        {
            if (note is not null || steps.Deadline.Elapsed - began > _dead || steps.Deadline.Patience == TimeSpan.Zero)
            {
                _ = Claim.Decide(new ImageUse(note, watchers, [], HasExclusiveLock: false), node, spec);
            }

            if (steps.Deadline.Token.WaitHandle.WaitOne(_pause))
            {
                steps.Deadline.Check();
            }
        }

        // What can't be told keeps nobody from preparing an image; it is not given away by that.
        IReadOnlyList<RbdWatcher> Seen()
        {
            try
            {
                return Watchers(image);
            }
            catch (VolumeException e) when (e is not DeadlineException)
            {
                steps.Note(e.Message);
                return [];
            }
        }
    }, $"rbd status {spec.ImageSpec}");

    /// <summary>The clients that have the image open, without this call's own.</summary>
    public IReadOnlyList<RbdWatcher> Watchers(RbdImage image) => new WatcherList(connection, spec, steps.Deadline).Others(image);

    private TimeSpan Time => TimeSpan.FromSeconds(config.ReservationSeconds);

    // It outlives the call in any case: what the call decides under it has to hold until the call's end.
    private TimeSpan LockTime => Time > steps.Deadline.Remaining + _longerThanCall ? Time : steps.Deadline.Remaining + _longerThanCall;

    private void Lock(ReservationObject reservation, Writer writer)
    {
        for (int tries = 1; !reservation.TryLock(writer, LockTime); tries++)
        {
            foreach (ReservationObject.Holder holder in reservation.Holders())
            {
                if (holder.Writer is { } other && other.IsNodeOf(writer) && writer.HasRebootedSince(holder.Boot))
                {
                    steps.Note($"{other} reserved it before this node's last start: no more");
                    reservation.Break(holder);
                }
                else if (holder.Writer?.Is(writer) != true)
                {
                    throw Claim.Reserved(holder, reservation.Read(), spec, Time);
                }
            }

            if (tries == MostTries)
            {
                throw new VolumeException($"image {spec.ImageSpec}: others reserve it and give it up all the time. It is tried again");
            }
        }
    }

    // The image knows its locks as of its opening; live are those of now.
    private ImageUse Look(RbdImage image, ReservationNote? note, ReservationObject reservation, Writer writer, bool live)
    {
        IReadOnlyList<RbdWatcher> watchers;
        try
        {
            watchers = Watchers(image);
        }
        catch (VolumeException e) when (e is not DeadlineException)
        {
            throw new VolumeException($"image {spec.ImageSpec} is not given to a writer unless it is certain that no other has it: {e.Message}", e);
        }

        // A call of this very writer that was killed while it prepared the image: its lock tells which client that was.
        if (watchers.Count > 0)
        {
            HashSet<string> own = [.. reservation.Holders().Where(holder => holder.Writer?.Is(writer) == true).Select(holder => holder.Locker.Client)];
            watchers = [.. watchers.Where(watcher => !own.Contains(string.Create(CultureInfo.InvariantCulture, $"client.{watcher.ClientId}")))];
        }

        return new ImageUse(
            note, watchers, live ? Fence.LocksOf(pool, image.Id) : [.. image.ListLockers().Select(owner => owner with { Address = Fence.Plain(owner.Address) })], (image.Features & ImageFeatureNames.ExclusiveLock) != 0);
    }

    // A client may only have lost its connection for a moment: it is looked at twice, and who is back is in use.
    private void ShutOut(RbdImage image, ImageUse first, ReservationObject reservation, Writer writer)
    {
        if (steps.Deadline.Token.WaitHandle.WaitOne(_secondLook))
        {
            steps.Deadline.Check();
        }

        Claim claim = Claim.Decide(Look(image, first.Note, reservation, writer, live: true), writer, spec);
        steps.Run(
            $"shut out {string.Join(", ", claim.ShutOut)}",
            () => Fence.ShutOut(connection.Rados, claim.ShutOut, spec, connection.Credentials.User));
        Fence.BreakLocks(pool, image.Id, claim.Break);
    }

    private static void GiveUp(ReservationObject reservation, bool isNew)
    {
        try
        {
            if (isNew)
            {
                reservation.Remove();
            }
            else
            {
                reservation.Unlock();
            }
        }
        catch (Native.CephException)
        {
            // The refusal is what counts; the lock ends by itself.
        }
    }
}
