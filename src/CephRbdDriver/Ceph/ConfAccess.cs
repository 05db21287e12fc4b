using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph;

/// <summary>
/// What the kernel's client needs, from ceph.conf and keyring alone: a volume that was mounted before is mapped
/// without loading Ceph's libraries, which take longer than all the rest of the call.
/// </summary>
internal static class ConfAccess
{
    /// <summary>Reads both files.</summary>
    /// <returns>Null where they do not tell enough: the libraries' own way has to be gone then, with all its words.</returns>
    public static KernelAccess? Read(VolumeSpec spec, DriverConfig config)
    {
        try
        {
            Credentials credentials = Credentials.Resolve(spec, config);
            var conf = CephConf.Parse(File.ReadAllText(config.ConfPathFor(spec.Cluster)));
            if (credentials.Key is null || conf.Get(credentials.Entity, "mon_host") is not { } monHost)
            {
                return null;
            }

            IReadOnlyList<string> monitors = KernelMonitors.Choose(MonHost.Parse(monHost), out bool v2Only);
            return monitors.Count == 0
                ? null
                : new KernelAccess(credentials.User, credentials.Key, monitors, v2Only, Fsid(conf, credentials.Entity));
        }
        catch (Exception e) when (e is VolumeException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The cluster's id, if its ceph.conf tells it.</summary>
    public static string? Fsid(DriverConfig config, string? cluster)
    {
        try
        {
            return Fsid(CephConf.Parse(File.ReadAllText(config.ConfPathFor(cluster))), "client." + config.User);
        }
        catch (Exception e) when (e is VolumeException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Fsid(CephConf conf, string entity) =>
        Guid.TryParse(conf.Get(entity, "fsid"), out Guid fsid) && fsid != Guid.Empty ? fsid.ToString("D") : null;
}
