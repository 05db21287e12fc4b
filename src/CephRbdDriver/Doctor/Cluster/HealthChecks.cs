using CephRbd.Driver.Ceph.Exam;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>What the cluster says of itself.</summary>
internal sealed class HealthChecks(ClusterSession session)
{
    private const string Name = "cluster-health";

    // With these, images cannot be read or written.
    private static readonly string[] _stopping = ["OSD_FULL", "POOL_FULL", "PG_AVAILABILITY", "OSDMAP_FLAGS_PAUSE"];

    /// <summary>Its health.</summary>
    public Check Health => session.Check(Name, "ceph health detail", (_, deadline) => [Judge(session.Health(deadline), session.Map(deadline).Flags)]);

    /// <summary>Judges it.</summary>
    /// <param name="health">The health.</param>
    /// <param name="flags">The flags of the map of OSDs.</param>
    internal static Finding Judge(ClusterHealth health, IReadOnlyList<string> flags)
    {
        string[] stops = [.. flags.Where(flag => flag is "full" or "pauserd" or "pausewr")];
        HealthCheck[] open = [.. health.Checks.Where(check => !check.IsMuted)];
        string muted = health.Checks.Count > open.Length
            ? $"; muted: {string.Join(", ", health.Checks.Where(check => check.IsMuted).Select(check => check.Code))}"
            : "";
        string status = health.Status.Length > 0 ? health.Status : "no status told";
        string evidence = open.Length == 0 ? status + muted : $"{status}: {string.Join("; ", open.OrderByDescending(check => check.IsError).Select(Words))}{muted}";
        if (stops.Length > 0)
        {
            return new Finding(
                Name, FindingState.Failed, $"the cluster's flags stop I/O: {string.Join(", ", stops)}. {evidence}",
                stops.Contains("full") ? "ceph osd df; ceph df: add OSDs, or delete what is not needed; for the while that takes: ceph osd set-full-ratio 0.97" : "ceph osd unpause");
        }

        if (open.FirstOrDefault(check => _stopping.Contains(check.Code)) is { } stopping)
        {
            return new Finding(
                Name, stopping.Code == "PG_AVAILABILITY" || stopping.IsError ? FindingState.Failed : FindingState.Warning, evidence,
                stopping.Code == "PG_AVAILABILITY" ? "see osds and pool; ceph health detail; ceph pg dump_stuck" : "ceph df; ceph osd df; ceph health detail: add OSDs, or delete what is not needed");
        }

        return open.Length == 0 && health.Status is "HEALTH_OK" or ""
            ? new Finding(Name, FindingState.Ok, evidence)
            : new Finding(Name, FindingState.Warning, evidence, "ceph health detail");
    }

    private static string Words(HealthCheck check)
    {
        string first = check.Details.Count > 0 ? $" ({check.Details[0]}{(check.Details.Count > 1 ? $", and {ClusterSession.Number(check.Details.Count - 1)} more" : "")})" : "";
        return (check.Code.Length > 0 ? $"{check.Code}: {check.Summary}" : check.Summary) + first;
    }
}
