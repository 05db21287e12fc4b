using CephRbd.Driver.Volumes;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Reservations;

/// <summary>What is seen of an image, under its reservation's lock.</summary>
/// <param name="Note">Who had it last; null for nobody.</param>
/// <param name="Watchers">The clients that have it open, without this call's own.</param>
/// <param name="Locks">The locks on its header.</param>
/// <param name="HasExclusiveLock">Whether it has the exclusive-lock feature: then nobody writes without owning that.</param>
internal sealed record ImageUse(
    ReservationNote? Note, IReadOnlyList<RbdWatcher> Watchers, IReadOnlyList<RbdLockOwner> Locks, bool HasExclusiveLock)
{
    /// <summary>Who owns the exclusive lock.</summary>
    public IReadOnlyList<RbdLockOwner> Owners => HasExclusiveLock ? [.. Locks.Where(Fence.IsOfFeature)] : [];

    /// <summary>
    /// The addresses of the clients that wrote last, as far as known. With the exclusive lock its owners alone: the noted
    /// client is the kernel's then, which may serve other images. So was one that is noted from a time when the image had
    /// that feature: it is not known whom to shut out.
    /// </summary>
    public IReadOnlyList<string> LastClients =>
        HasExclusiveLock ? [.. Owners.Select(owner => owner.Address).Distinct(StringComparer.Ordinal)] : Note is { UnderExclusiveLock: false } note ? note.Clients : [];
}

/// <summary>Whether a writer may have an image, and who is to be shut out first.</summary>
/// <param name="ShutOut">Addresses of clients that are not heard of any more.</param>
/// <param name="Break">Locks of such clients on the image's header.</param>
internal sealed record Claim(IReadOnlyList<string> ShutOut, IReadOnlyList<RbdLockOwner> Break)
{
    private static readonly Claim _free = new([], []);

    /// <summary>Whether nobody has to be shut out.</summary>
    public bool IsSimple => ShutOut.Count == 0 && Break.Count == 0;

    /// <summary>
    /// The decision, for a writer that holds the reservation's lock: whoever had the image is past its time. Never on
    /// doubt.
    /// </summary>
    /// <exception cref="VolumeException">Somebody else has the image; says who, and what to do.</exception>
    public static Claim Decide(ImageUse use, Writer writer, VolumeSpec spec)
    {
        string image = $"image {spec.ImageSpec}";
        ReservationNote? other = use.Note is { } note && !note.Writer.Is(writer) ? note : null;
        if (use.Watchers.FirstOrDefault(found => !IsOwn(found, use.Note, writer)) is { } watcher)
        {
            throw new VolumeException(
                $"{image} is in use, and is not given to a second writer: {Words(watcher)}{(use.Watchers.Count > 1 ? $" and {use.Watchers.Count - 1} more" : "")} " +
                (other is null ? "has it open, by no mount of this driver (rbd map, rbd-nbd, a VM or an admin's command?)" : $"has it open; it was given to {other}") +
                $". Wait until that ends; a client that died is gone after 30 s (rbd status {spec.ImageSpec}). Of one that stays, cephrbd release {spec.ImageSpec} tells more");
        }

        if (use.Watchers.Count > 0)
        {
            return _free;
        }

        if (use.HasExclusiveLock && use.Locks.FirstOrDefault(owner => !Fence.IsOfFeature(owner)) is { } byHand)
        {
            throw new VolumeException(
                $"{image} has a lock set by hand, \"{byHand.Cookie}\" of {byHand.Client} at {byHand.Address}: with it nobody can write to an image that has the feature exclusive-lock. " +
                $"If it is not needed, take it off: rbd lock rm {spec.ImageSpec} '{byHand.Cookie}' {byHand.Client}");
        }

        if (use.HasExclusiveLock)
        {
            // Its owner without a watcher is dead or cut off: librbd's own rule, too. Without an owner there is nobody
            // who could write without asking for it first.
            return new Claim(use.LastClients, use.Owners);
        }

        if (other is null || other.Writer.IsNodeOf(writer))
        {
            // What this node had, it has no more: it would be heard of.
            return _free;
        }

        if (use.LastClients.Count > 0)
        {
            return new Claim(use.LastClients, []);
        }

        throw new VolumeException(
            $"{image} was given to {other}, and not given back. Nobody has it open now, but that node may only be cut off, and its VM or kernel write when it is back: " +
            $"the image lacks the feature exclusive-lock, which would tell whom to shut out. Make sure that the VM runs no more (switch the node off, or: ceph osd blocklist add ADDRESS-OF-THAT-NODE), then: cephrbd release {spec.ImageSpec}. " +
            $"For the next time: rbd feature enable {spec.ImageSpec} exclusive-lock");
    }

    /// <summary>What another writer's reservation means while its time runs.</summary>
    public static VolumeException Reserved(ReservationObject.Holder holder, ReservationNote? note, VolumeSpec spec, TimeSpan time)
    {
        string who = note is not null && holder.Writer is { } writer && note.Writer.Is(writer) ? note.ToString()
            : holder.Writer?.ToString() ?? $"{holder.Locker.Client} at {holder.Locker.Address}";
        return new VolumeException(
            $"image {spec.ImageSpec} is reserved for another writer: {who}. It stays so until that gives it back, or has not opened it for {time.TotalSeconds:0} s. " +
            $"Wait for that; if it will not come: cephrbd release {spec.ImageSpec}");
    }

    // A writer's VM opens the image after it was given to it: whichever client that is. A node's map is known.
    private static bool IsOwn(RbdWatcher watcher, ReservationNote? note, Writer writer) =>
        note?.Writer.Is(writer) == true && (writer.Dir is not null || note.Clients.Contains(watcher.Address));

    private static string Words(RbdWatcher watcher) => $"client.{watcher.ClientId} at {watcher.Address}";
}
