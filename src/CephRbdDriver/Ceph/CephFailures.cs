using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Blkid;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Ceph;

/// <summary>
/// Turns what librados and librbd answer into what an operator can act on: what happened, to which image, the likely
/// cause, the remedy. One table of (call, errno).
/// </summary>
internal static class CephFailures
{
    /// <summary>Runs <paramref name="body"/> and words whatever the cluster or its libraries throw.</summary>
    /// <param name="spec">The volume.</param>
    /// <param name="user">The Ceph user's name without <c>client.</c>.</param>
    /// <param name="confFile">The ceph.conf in force.</param>
    /// <param name="body">The work.</param>
    /// <exception cref="VolumeException">What went wrong, in words.</exception>
    public static T Explained<T>(VolumeSpec spec, string user, string confFile, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (CephException e)
        {
            throw new VolumeException($"{Explain(e, spec, user, confFile)} [{e.Message}]", e);
        }
        catch (NativeLibraryException e)
        {
            string package = e.Library.StartsWith("libblkid", StringComparison.Ordinal) ? "libblkid1" : "librados2 librbd1";
            throw new VolumeException(
                e.Symbol is null
                    ? $"image {spec.ImageSpec}: {e.Library} cannot be loaded. Install it on this node (Debian, Kylin: apt install {package}). [{e.Message}]"
                    : $"image {spec.ImageSpec}: {e.Library} is too old, it lacks {e.Symbol}. The oldest that work are Ceph Jewel 10.2.10 and util-linux 2.27. [{e.Message}]",
                e);
        }
        catch (Exception e) when (e is BlkidException or LinuxException or IOException)
        {
            throw new VolumeException(
                $"image {spec.ImageSpec}: what it holds could not be judged or prepared on this node, so it was left alone: {e.Message}. Check memory and free space of this node (free -m, df -h)", e);
        }
    }

    /// <summary>The sentence for one error.</summary>
    public static string Explain(CephException e, VolumeSpec spec, string user, string confFile)
    {
        string image = $"image {spec.ImageSpec}";
        return (e.Call, e.Errno) switch
        {
            ("rados_connect", Errno.TimedOut) =>
                $"{image}: no monitor answered. Check that the monitors in {confFile}{MonitorsIn(confFile, user)} are right and up (ceph -s on a monitor's node), and that this node reaches their port",
            ("rados_connect", Errno.Access or Errno.NotPermitted) =>
                $"{image}: the cluster refused client.{user}: the key is not the one the cluster has, or there is no such user. Compare with: ceph auth get client.{user}",
            ("rados_connect", Errno.NoEntry) =>
                $"{image}: {confFile} names no usable monitor (mon_host), or the cluster does not know client.{user}",
            ("rados_connect", Errno.NotSupported) =>
                $"{image}: client and cluster agree on no way to authenticate. Check auth_client_required in {confFile}, and that the key is a cephx key",
            ("rados_connect", _) =>
                $"{image}: cannot connect to the cluster of {confFile} as client.{user}",
            ("rados_conf_read_file", Errno.NoEntry) => $"{image}: there is no ceph.conf at {confFile}",
            ("rados_conf_read_file", _) => $"{image}: librados cannot parse {confFile}{FaultIn(confFile)}. Correct that file (ceph -c {confFile} -s says more)",
            ("rados_ioctx_create", Errno.NoEntry) =>
                $"{image}: the cluster has no pool \"{spec.Pool}\". Create it (ceph osd pool create {spec.Pool} 64 64) or correct the option pool",
            ("rbd_open" or "rbd_open_read_only", Errno.NoEntry) =>
                $"{image}: no such image",
            ("rbd_create4", Errno.Invalid) =>
                $"{image}: the cluster refused to create it: its size, imageFeatures or objectSize do not go together",
            ("rbd_create4", Errno.NoEntry) =>
                $"{image}: cannot be created: the data pool or rados namespace does not exist (options dataPool, namespace)",
            ("rbd_create4", Errno.NotSupported) =>
                $"{image}: this node's librbd does not know an option that was asked for (dataPool needs Ceph 12.2)",
            ("rados_lock_exclusive" or "rados_remove", Errno.Access or Errno.NotPermitted) or (_, Errno.Access or Errno.NotPermitted) =>
                $"{image}: client.{user} may not do this. It needs: ceph auth caps client.{user} mon 'profile rbd' osd 'profile rbd pool={spec.Pool}' (Jewel: mon 'allow r, allow command \"osd blacklist\"' osd 'allow class-read object_prefix rbd_children, allow rwx pool={spec.Pool}')",
            (_, Errno.TimedOut) =>
                $"{image}: the storage daemons did not answer in time. Check ceph -s: OSDs down or frozen, placement groups inactive, a pool full or at its quota (ceph df), or this node does not reach the OSDs' network",
            (_, Errno.NoSpace) =>
                $"{image}: the cluster or pool is full. Free space or add OSDs (ceph df, ceph osd df)",
            (_, Errno.QuotaExceeded) =>
                $"{image}: the quota of pool \"{spec.Pool}\" is used up (ceph osd pool get-quota {spec.Pool})",
            (_, Errno.ReadOnly) =>
                $"{image}: it cannot be written: another client holds its lock, or it is a snapshot (rbd status {spec.ImageSpec}, rbd lock ls {spec.ImageSpec})",
            (_, Errno.ShutDown) =>
                $"{image}: this node's client is blocklisted by the cluster, which happens when another client took its lock over (ceph osd blocklist ls; Jewel: ceph osd blacklist ls)",
            (_, Errno.Busy) =>
                $"{image}: in use by another client (rbd status {spec.ImageSpec})",
            (_, Errno.NotSupported) =>
                $"{image}: has a feature that this node's librbd does not know (rbd info {spec.ImageSpec}); use a newer librbd1 or disable the feature",
            (_, Errno.Io) =>
                $"{image}: the cluster reports an I/O error: an object cannot be read or written (ceph health detail)",
            _ => $"{image}: the cluster answered with an error",
        };
    }

    // Says which addresses were tried: the first thing to compare when nothing answers. Best effort, for a message.
    private static string MonitorsIn(string confFile, string user)
    {
        try
        {
            string? monHost = CephConf.Parse(File.ReadAllText(confFile)).Get("client." + user, "mon_host");
            return monHost is null ? " (it has no mon_host)" : $" (mon_host: {string.Join(", ", TagMonitors.From(MonHost.Parse(monHost)))})";
        }
        catch (Exception e) when (e is VolumeException or IOException or UnauthorizedAccessException)
        {
            return " (mon_host)";
        }
    }

    // librados says no more than "invalid"; our own reader knows the line.
    private static string FaultIn(string confFile)
    {
        try
        {
            string text = File.ReadAllText(confFile);
            CephConf.Parse(text);
            return text.EndsWith('\n') ? "" : ": its last line does not end with a line feed, which some releases refuse";
        }
        catch (Exception e) when (e is VolumeException or IOException or UnauthorizedAccessException)
        {
            return ": " + e.Message;
        }
    }
}
