using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>The pool of the volumes, and its placement groups.</summary>
internal sealed class PoolChecks(DriverConfig config, ClusterSession session)
{
    private const string Name = "pool";

    /// <summary>It is there, meant for images, and can be written.</summary>
    public Check Pool => session.Check(Name, $"ceph osd pool ls detail; ceph pg dump_stuck", Look);

    private IEnumerable<Finding> Look(ClusterExam exam, Deadline deadline)
    {
        OsdMap map = session.Map(deadline);
        List<Finding> findings = [Judge(map, config.Pool)];
        if (findings[0].State != FindingState.Failed || map.Pools.Any(pool => pool.Name == config.Pool))
        {
            findings.Add(Quietly(() => JudgeGroups(
                session.Status(deadline), session.Health(deadline), map.Pools.First(pool => pool.Name == config.Pool))));
        }

        return findings;
    }

    /// <summary>Judges the pool by the map.</summary>
    internal static Finding Judge(OsdMap map, string name)
    {
        if (map.Pools.FirstOrDefault(pool => pool.Name == name) is not { } pool)
        {
            string others = map.Pools.Count == 0 ? "it has none" : $"it has {string.Join(", ", map.Pools.Take(20).Select(other => other.Name))}";
            return new Finding(
                Name, FindingState.Failed, $"the cluster has no pool \"{name}\"; {others}",
                $"/usr/share/cephrbd/ceph/5_create_hyper_pool.sh, or: ceph osd pool create {name} 64 64; ceph osd pool application enable {name} rbd (Luminous and newer). If another is meant: pool in the config, or cephrbd doctor --pool POOL");
        }

        string facts = $"{name}: size {ClusterSession.Number(pool.Size)}, min_size {ClusterSession.Number(pool.MinSize)}, pg_num {ClusterSession.Number(pool.PgNum)}{Quota(pool)}";
        string[] full = [.. pool.Flags.Where(flag => flag is "full" or "full_quota")];
        if (full.Length > 0)
        {
            return new Finding(
                Name, FindingState.Failed, $"{facts}; it is full ({string.Join(", ", full)}): writes wait or fail",
                $"ceph df; ceph osd pool get-quota {name}: delete images, raise the quota (ceph osd pool set-quota {name} max_bytes N; 0 for none), or add OSDs");
        }

        if (pool.Applications is { } applications && !applications.Contains("rbd"))
        {
            return new Finding(
                Name, FindingState.Warning, $"{facts}; it is not meant for images: application {(applications.Count == 0 ? "none" : string.Join(", ", applications))}, so \"profile rbd\" may not do in it and health complains",
                $"ceph osd pool application enable {name} rbd");
        }

        return pool switch
        {
            { Size: 1 } => new Finding(Name, FindingState.Warning, $"{facts}: one copy only, so the loss of one disk is the loss of data", $"ceph osd pool set {name} size 3"),
            { MinSize: 1, Size: > 1 } => new Finding(Name, FindingState.Warning, $"{facts}: with min_size 1 a write may be on one disk only", $"ceph osd pool set {name} min_size 2"),
            _ => new Finding(Name, FindingState.Ok, $"{facts}{(pool.Applications is null ? "" : ", application rbd")}"),
        };
    }

    /// <summary>Judges placement groups: those of all pools are counted, and those of this one named as far as health does.</summary>
    internal static Finding JudgeGroups(ClusterStatus status, ClusterHealth health, PoolFacts pool)
    {
        if (!status.HasManager)
        {
            return new Finding(
                Name, FindingState.Warning, "no manager (ceph-mgr) runs: images work, but nobody counts placement groups, and ceph -s shows 0 pools or old figures",
                "on a monitor's node: systemctl status ceph-mgr@$(hostname -s); systemctl start ceph-mgr@$(hostname -s)");
        }

        if (status.PgCount == 0 || status.Pgs.Count == 0)
        {
            return new Finding(Name, FindingState.Warning, "no placement groups are reported yet: the manager has only just started, or no OSD ever ran", "ceph -s; systemctl status ceph-mgr@$(hostname -s) on a monitor's node");
        }

        string prefix = $"pg {ClusterSession.Number(pool.Id)}.";
        string[] own = [.. health.Checks.SelectMany(check => check.Details).Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];
        string all = string.Join(", ", status.Pgs.Select(entry => $"{ClusterSession.Number(entry.Count)} {entry.State}"));
        string evidence = own.Length == 0
            ? $"placement groups of all pools, as last reported: {all}"
            : $"placement groups of all pools, as last reported: {all}; of this pool e.g. {own[0]}";
        long stopped = status.Pgs.Where(entry => !entry.State.Split('+').Contains("active") || entry.State.Split('+').Contains("stale")).Sum(entry => entry.Count);
        if (stopped > 0)
        {
            // Those of other pools stop no volume; who is not told which they are has to look.
            bool others = own.Length == 0 && health.Checks.Any(check => check.Details.Any(line => line.StartsWith("pg ", StringComparison.Ordinal)));
            return new Finding(
                Name, others ? FindingState.Warning : FindingState.Failed, $"{ClusterSession.Number(stopped)} are not active or stale: I/O on them waits. {evidence}",
                "see osds; ceph pg dump_stuck inactive; ceph pg dump_stuck stale; ceph health detail");
        }

        long unsafeOnes = status.Pgs.Where(entry => entry.State.Split('+').Any(word => word is "undersized" or "degraded")).Sum(entry => entry.Count);
        return unsafeOnes > 0
            ? new Finding(Name, FindingState.Warning, $"{ClusterSession.Number(unsafeOnes)} have fewer copies than they should: images work. {evidence}", "ceph osd tree; ceph health detail: bring back the OSDs that are down, or wait for the recovery (ceph -w)")
            : new Finding(Name, FindingState.Ok, evidence);
    }

    private static string Quota(PoolFacts pool) =>
        (pool.QuotaBytes > 0 ? $", quota {Quantity.Format((ulong)pool.QuotaBytes)}" : "")
        + (pool.QuotaObjects > 0 ? $", quota {ClusterSession.Number(pool.QuotaObjects)} objects" : "");

    private static Finding Quietly(Func<Finding> look)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is CephException or VolumeException or NoAnswerException)
        {
            return new Finding(Name, FindingState.Skipped, $"its placement groups are not known: {e.Message}");
        }
    }
}
