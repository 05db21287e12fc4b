using CephRbd.Driver.Config;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>What a volume needs of the cluster, and what this node has to reach it by.</summary>
internal static class ClusterChecks
{
    /// <summary>The checks for a config.</summary>
    public static IReadOnlyList<Check> Of(DriverConfig config) =>
    [
        new LibraryChecks(config).Libraries,
    ];
}
