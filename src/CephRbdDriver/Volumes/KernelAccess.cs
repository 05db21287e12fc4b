using CephRbd.Driver.Secrets;

namespace CephRbd.Driver.Volumes;

/// <summary>What the kernel's client needs to know of a cluster.</summary>
/// <param name="User">The Ceph user, without <c>client.</c>.</param>
/// <param name="Key">That user's key; null only where the cluster asks for none.</param>
/// <param name="Monitors">All monitors as <c>ip:port</c>, IPv6 in brackets: all of messenger v1, or all of v2.</param>
/// <param name="SpeakV2Only">Whether they are of v2, since no monitor has a v1 address.</param>
/// <param name="ClusterFsid">The cluster's own id; null where only the cluster could tell it.</param>
internal sealed record KernelAccess(string User, Secret? Key, IReadOnlyList<string> Monitors, bool SpeakV2Only, string? ClusterFsid);
