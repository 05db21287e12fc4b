using CephRbd.Driver.Config;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>What a volume needs of the cluster, and what this node has to reach it by.</summary>
internal static class ClusterChecks
{
    /// <summary>The checks for a config, from the node outwards.</summary>
    public static IReadOnlyList<Check> Of(DriverConfig config)
    {
        var session = new ClusterSession(config);
        var logins = new LoginChecks(config, session);
        var images = new ImageChecks(config, session);
        return
        [
            new LibraryChecks(config).Libraries,
            new ConfChecks(config).Conf,
            new KeyringChecks(config).Keyring,
            new MonitorChecks(config).Monitors,
            logins.Login,
            logins.Caps,
            new HealthChecks(session).Health,
            new PoolChecks(config, session).Pool,
            new OsdChecks(config, session).Osds,
            new LocalOsdChecks().OsdsHere,
            new BlocklistChecks(session).Blocklisted,
            new ClockChecks(session).Clock,
            images.Watchers,
            images.Reservations,
        ];
    }
}
