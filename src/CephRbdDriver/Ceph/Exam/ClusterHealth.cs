using System.Text.Json;

namespace CephRbd.Driver.Ceph.Exam;

/// <summary>One thing the cluster complains of.</summary>
/// <param name="Code">Its name, such as <c>OSD_DOWN</c>; empty before Luminous, which has none.</param>
/// <param name="IsError">HEALTH_ERR, not HEALTH_WARN.</param>
/// <param name="Summary">In words.</param>
/// <param name="IsMuted">An admin does not want to hear of it.</param>
/// <param name="Details">Further lines.</param>
internal sealed record HealthCheck(string Code, bool IsError, string Summary, bool IsMuted, IReadOnlyList<string> Details);

/// <summary>How a monitor's clock differs from the leader's.</summary>
/// <param name="Monitor">Its name.</param>
/// <param name="Seconds">By how much.</param>
internal sealed record ClockSkew(string Monitor, double Seconds);

/// <summary>What the cluster says of itself: <c>health detail</c>, in its form before and since Luminous.</summary>
/// <param name="Status">HEALTH_OK, HEALTH_WARN or HEALTH_ERR; empty when it was not told.</param>
/// <param name="Checks">What it complains of.</param>
/// <param name="Skews">The monitors' clocks, where health tells them (Jewel).</param>
internal sealed record ClusterHealth(string Status, IReadOnlyList<HealthCheck> Checks, IReadOnlyList<ClockSkew> Skews)
{
    /// <summary>Reads the answer.</summary>
    /// <exception cref="Volumes.VolumeException">It is no JSON.</exception>
    public static ClusterHealth Parse(ReadOnlyMemory<byte> json)
    {
        JsonElement root = Answers.Parse(json, "health detail");
        if (root.Member("checks") is { ValueKind: JsonValueKind.Object } checks)
        {
            return new ClusterHealth(root.Text("status"), [.. checks.EnumerateObject().Select(Modern)], []);
        }

        string[] details = [.. root.Items("detail").Where(line => line.ValueKind == JsonValueKind.String).Select(line => line.GetString()!)];
        return new ClusterHealth(
            root.Text("overall_status") is { Length: > 0 } overall ? overall : root.Text("status"),
            [.. root.Items("summary").Select((entry, i) => new HealthCheck(
                "", entry.Text("severity") == "HEALTH_ERR", entry.Text("summary"), IsMuted: false, i == 0 ? details : []))],
            root.Member("timechecks") is { } timechecks ? [.. timechecks.Items("mons").Select(mon => new ClockSkew(mon.Text("name"), mon.Number("skew") ?? 0))] : []);
    }

    /// <summary>Reads the monitors' clocks from <c>time-sync-status</c> (Luminous). A single monitor tells none.</summary>
    public static IReadOnlyList<ClockSkew> TimeSync(ReadOnlyMemory<byte> json) =>
        [.. Answers.Parse(json, "time-sync-status").Members("time_skew_status").Select(mon => new ClockSkew(mon.Name, mon.Value.Number("skew") ?? 0))];

    private static HealthCheck Modern(JsonProperty check) => new(
        check.Name,
        check.Value.Text("severity") == "HEALTH_ERR",
        check.Value.Member("summary") is { } summary ? summary.Text("message") : "",
        check.Value.Number("muted") is > 0,
        [.. check.Value.Items("detail").Select(line => line.Text("message"))]);
}

/// <summary>What <c>status</c> tells of placement groups.</summary>
/// <param name="Pgs">How many are in each state, such as <c>active+clean</c>.</param>
/// <param name="PgCount">How many there are.</param>
/// <param name="HasManager">Whether a manager runs, without which nothing is known of placement groups; true before Luminous, which has none.</param>
/// <param name="BytesUsed">What is used of the cluster.</param>
/// <param name="BytesTotal">What there is.</param>
internal sealed record ClusterStatus(IReadOnlyList<(string State, long Count)> Pgs, long PgCount, bool HasManager, long BytesUsed, long BytesTotal)
{
    /// <summary>Reads the answer.</summary>
    /// <exception cref="Volumes.VolumeException">It is no JSON.</exception>
    public static ClusterStatus Parse(ReadOnlyMemory<byte> json)
    {
        JsonElement root = Answers.Parse(json, "status");
        JsonElement pgs = root.Member("pgmap") ?? default;
        JsonElement? manager = root.Member("mgrmap");
        return new ClusterStatus(
            [.. pgs.Items("pgs_by_state").Select(entry => (entry.Text("state_name"), entry.Whole("count")))],
            pgs.Whole("num_pgs"),
            manager is not { } map || map.Number("available") is not 0,
            pgs.Whole("bytes_used"), pgs.Whole("bytes_total"));
    }
}
