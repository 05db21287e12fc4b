namespace CephRbd.Driver.Mapping;

/// <summary>What the kernel is asked to map.</summary>
/// <param name="Monitors">The monitors as <c>ip:port</c>, IPv6 in brackets.</param>
/// <param name="User">The Ceph user without <c>client.</c>.</param>
/// <param name="HasKey">Whether the user's key lies in the kernel's key ring, named after the user.</param>
/// <param name="Identity">The image.</param>
/// <param name="ReadOnly">Whether the device refuses writes.</param>
/// <param name="MountTimeoutSeconds">How long the kernel waits for the cluster, in seconds, at least 1.</param>
/// <param name="OsdRequestTimeoutSeconds">After how many seconds without an answer I/O fails; 0 for never.</param>
/// <param name="Kernel">The kernel's release, two numbers of it at least.</param>
/// <param name="V2Only">Whether the monitors answer by messenger v2 only.</param>
internal sealed record KrbdMapRequest(
    IReadOnlyList<string> Monitors,
    string User,
    bool HasKey,
    ImageIdentity Identity,
    bool ReadOnly,
    int MountTimeoutSeconds,
    int OsdRequestTimeoutSeconds,
    Version Kernel,
    bool V2Only)
{
    /// <summary>Whether the kernel makes a client for this map alone, instead of sharing one among all with the same options.</summary>
    public bool OwnClient { get; init; }
}
