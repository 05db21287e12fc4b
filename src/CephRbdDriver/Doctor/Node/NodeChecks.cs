using CephRbd.Driver.Config;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>What a volume needs of this node.</summary>
internal static class NodeChecks
{
    /// <summary>The checks for a config.</summary>
    public static IReadOnlyList<Check> Of(DriverConfig config) =>
    [
        new LogChecks(config).Log,
    ];
}
