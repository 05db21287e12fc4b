using System.Globalization;
using System.Text.Json;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Reservations;

/// <summary>
/// Shuts clients out of the cluster that had an image for writing and are not heard of any more, so that they can't
/// write when they come back. A client is one map or one VM, never a whole node.
/// </summary>
internal static class Fence
{
    /// <summary>
    /// How long a client stays shut out. A node may be away for days, and what it had not written would still be in its
    /// memory.
    /// </summary>
    public static readonly TimeSpan Duration = TimeSpan.FromDays(30);

    // What the exclusive-lock feature calls its own locks.
    private const string FeatureCookie = "auto ";
    private const string HeaderLock = "rbd_lock";

    /// <summary>Whether a lock on an image's header is that of the exclusive-lock feature, not one set by hand.</summary>
    public static bool IsOfFeature(RbdLockOwner owner) => owner.Cookie.StartsWith(FeatureCookie, StringComparison.Ordinal);

    /// <summary>Shuts clients out. When this returns, no OSD that this client asks takes a write of theirs.</summary>
    /// <param name="rados">The cluster.</param>
    /// <param name="addresses">The clients' addresses.</param>
    /// <param name="spec">The volume, for messages.</param>
    /// <param name="user">The Ceph user, for messages.</param>
    /// <exception cref="VolumeException">The user may not do that; says which cap is missing.</exception>
    /// <exception cref="CephException">The cluster failed.</exception>
    public static void ShutOut(RadosCluster rados, IReadOnlyCollection<string> addresses, VolumeSpec spec, string user)
    {
        foreach (string address in addresses)
        {
            try
            {
                Blocklist(rados, address);
            }
            catch (CephException e) when (e.Errno is Errno.Access or Errno.NotPermitted)
            {
                throw new VolumeException(
                    $"image {spec.ImageSpec}: its last writer, {address}, is not heard of any more, but may come back and write. client.{user} may not shut it out, so the image is not given to another: " +
                    $"its cap for the monitors needs the command \"osd blocklist\". Give it: ceph auth caps client.{user} mon 'profile rbd' osd 'profile rbd pool={spec.Pool}' (Jewel: mon 'allow r, allow command \"osd blacklist\"'), " +
                    $"or shut it out by hand: ceph osd blocklist add {address} {Seconds} (before Pacific: blacklist) [{e.Message}]", e);
            }
        }

        if (addresses.Count > 0)
        {
            rados.WaitForLatestOsdMap();
        }
    }

    /// <summary>The locks on an image's header at this moment.</summary>
    public static IReadOnlyList<RbdLockOwner> LocksOf(RadosIoContext pool, string imageId) =>
        [.. pool.ListLockers(HeaderOf(imageId), HeaderLock).Select(locker => new RbdLockOwner(locker.Client, locker.Cookie, Plain(locker.Address)))];

    /// <summary>
    /// A client's address as watchers and the blocklist have it, <c>172.16.4.103:0/2718281828</c>: from Nautilus on, locks
    /// say which messenger it speaks as well.
    /// </summary>
    public static string Plain(string address)
    {
        int colon = address.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && address[..colon] is ("v1" or "v2" or "any") ? address[(colon + 1)..] : address;
    }

    /// <summary>Takes the exclusive lock's leftovers off an image's header, once their owners are shut out.</summary>
    public static void BreakLocks(RadosIoContext pool, string imageId, IEnumerable<RbdLockOwner> owners)
    {
        foreach (RbdLockOwner owner in owners)
        {
            pool.BreakLock(HeaderOf(imageId), HeaderLock, owner.Client, owner.Cookie);
        }
    }

    private static string HeaderOf(string imageId) => "rbd_header." + imageId;

    private static string Seconds => ((int)Duration.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    // Pacific changed the word; those before know the old one only, and a later one may know the new one only.
    private static void Blocklist(RadosCluster rados, string address)
    {
        try
        {
            rados.MonCommand(Command("blocklist", address));
        }
        catch (CephException e) when (e.Errno == Errno.Invalid)
        {
            rados.MonCommand(Command("blacklist", address));
        }
    }

    private static string Command(string word, string address) =>
        $$"""{"prefix":"osd {{word}}","{{word}}op":"add","addr":"{{JsonEncodedText.Encode(address)}}","expire":{{Seconds}}.0}""";
}
