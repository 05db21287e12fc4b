using CephRbd.Driver.Config;

namespace CephRbd.Driver.Mounting;

/// <summary>Whose call it is: attach and detach name a node, and a controller names any.</summary>
internal static class NodeNames
{
    /// <summary>Whether a node's name means this one. A call without a name is an admin's, and meant for here.</summary>
    public static bool IsThisNode(string? node, DriverConfig config) =>
        string.IsNullOrEmpty(node) || IsSame(node, config.NodeName ?? Environment.MachineName);

    /// <summary>Whether two names mean one node: Kubernetes writes them in lower case, and one of them may have its domain.</summary>
    internal static bool IsSame(string one, string other) =>
        string.Equals(one, other, StringComparison.OrdinalIgnoreCase) || HasDomain(one, other) || HasDomain(other, one);

    private static bool HasDomain(string full, string plain) =>
        !plain.Contains('.', StringComparison.Ordinal) && full.StartsWith(plain + ".", StringComparison.OrdinalIgnoreCase);
}
