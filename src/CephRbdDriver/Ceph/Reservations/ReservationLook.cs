using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Reservations;

/// <summary>Who has an image for writing, for people.</summary>
/// <param name="ImageId">The image's id.</param>
/// <param name="Use">Who it was given to, who has it open, and the locks on its header.</param>
/// <param name="Unreadable">Why that can't be read; null when it can.</param>
/// <param name="Holders">Who it is kept for at the moment, whether they use it or not.</param>
internal sealed record ReservationLook(
    string ImageId, ImageUse Use, string? Unreadable, IReadOnlyList<ReservationObject.Holder> Holders)
{
    /// <summary>Who it was given to; null for nobody.</summary>
    public ReservationNote? Note => Use.Note;

    /// <summary>The clients that have it open.</summary>
    public IReadOnlyList<RbdWatcher> Watchers => Use.Watchers;

    /// <summary>The locks on its header.</summary>
    public IReadOnlyList<RbdLockOwner> Locks => Use.Locks;

    /// <summary>Whether there is anything to release.</summary>
    public bool IsFree => (Note is null || IsGivenBack) && Unreadable is null && Holders.Count == 0;

    /// <summary>Whether whoever it was given to has given back the exclusive lock, without which they write nothing.</summary>
    public bool IsGivenBack => Note is { UnderExclusiveLock: true } && Use.HasExclusiveLock && Watchers.Count == 0 && Use.Owners.Count == 0;

    /// <summary>The addresses of clients that had the image, and that no longer have it open.</summary>
    public IReadOnlyList<string> Gone =>
        [.. Use.LastClients.Where(address => Watchers.All(watcher => watcher.Address != address))];
}

/// <summary>What an admin does about a reservation that nobody will give back.</summary>
internal sealed class ReservationAdmin(DriverConfig config, VolumeSpec spec, Steps steps)
{
    /// <summary>Looks, and changes nothing.</summary>
    /// <exception cref="VolumeException">There is no such image, or the cluster failed.</exception>
    public ReservationLook Look() => Connected((connection, pool) => Look(connection, pool));

    /// <summary>Shuts out who had the image, and removes the reservation.</summary>
    /// <param name="seen">What was looked at: if it is not so any more, nothing is done.</param>
    /// <param name="alsoLive">Also shut out who has the image open at this moment.</param>
    /// <exception cref="VolumeException">It could not be done; says why.</exception>
    public void Release(ReservationLook seen, bool alsoLive) => Connected((connection, pool) =>
    {
        ReservationLook now = Look(connection, pool);
        if (now.ImageId != seen.ImageId || now.Note?.Writer != seen.Note?.Writer || now.Note?.Since != seen.Note?.Since)
        {
            throw new VolumeException($"image {spec.ImageSpec}: somebody else has it meanwhile; nothing was done. Look again: cephrbd release {spec.ImageSpec}");
        }

        string[] addresses = [.. now.Gone.Concat(alsoLive ? now.Watchers.Select(watcher => watcher.Address) : []).Distinct(StringComparer.Ordinal)];
        Fence.ShutOut(connection.Rados, addresses, spec, connection.Credentials.User);
        Fence.BreakLocks(pool, now.ImageId, now.Use.Owners.Where(owner => addresses.Contains(owner.Address)));
        var reservation = new ReservationObject(pool, now.ImageId, spec.ImageSpec);
        foreach (ReservationObject.Holder holder in now.Holders)
        {
            reservation.Break(holder);
        }

        reservation.Remove();
        return true;
    });

    private ReservationLook Look(ClusterConnection connection, RadosIoContext pool)
    {
        using RbdImage image = steps.Run("open the image", () => Open(pool));
        var reservation = new ReservationObject(pool, image.Id, spec.ImageSpec);
        ReservationNote? note = null;
        string? unreadable = null;
        try
        {
            note = reservation.Read();
        }
        catch (VolumeException e) when (e is not DeadlineException)
        {
            unreadable = e.Message;
        }

        return new ReservationLook(
            image.Id,
            new ImageUse(
                note, steps.Run("list who has it open", () => new WatcherList(connection, spec, steps.Deadline).Others(image)),
                Fence.LocksOf(pool, image.Id), (image.Features & ImageFeatureNames.ExclusiveLock) != 0),
            unreadable, reservation.Holders());
    }

    private RbdImage Open(RadosIoContext pool)
    {
        try
        {
            return RbdImage.Open(pool, spec.Image, readOnly: true);
        }
        catch (CephException e) when (e.Errno == Errno.NoEntry)
        {
            throw new VolumeException($"image {spec.ImageSpec} does not exist");
        }
    }

    private T Connected<T>(Func<ClusterConnection, RadosIoContext, T> body) =>
        CephFailures.Explained(spec, spec.User ?? config.User, config.ConfPathFor(spec.Cluster), () =>
        {
            using var connection = ClusterConnection.Open(spec, config, steps);
            using RadosIoContext pool = connection.OpenPool(spec);
            return body(connection, pool);
        });
}
