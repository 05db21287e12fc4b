using System.Globalization;
using System.Text.Json;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Volumes;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>The clocks: monitors disagree from 0.05 s on, and cephx takes no ticket from too far away.</summary>
internal sealed class ClockChecks(ClusterSession session)
{
    private const string Name = "cluster-clock";
    private const double MostAmongMonitors = 0.05;
    private const double OddHere = 2;
    private const double MostHere = 300;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(3);

    /// <summary>They agree.</summary>
    public Check Clock => session.Check(Name, "timedatectl on this node and on the monitors'", (exam, deadline) => [Judge(Skews(exam, deadline), OwnOffset(exam, deadline))]);

    /// <summary>Judges the clocks.</summary>
    /// <param name="skews">By how much monitors differ from their leader.</param>
    /// <param name="offset">By how many seconds the monitors are ahead of this node; null when it is not known.</param>
    internal static Finding Judge(IReadOnlyList<ClockSkew> skews, double? offset)
    {
        ClockSkew[] off = [.. skews.Where(skew => Math.Abs(skew.Seconds) > MostAmongMonitors)];
        string monitors = skews.Count == 0
            ? "the monitors tell no difference among themselves"
            : $"monitors differ from their leader by {string.Join(", ", skews.Select(skew => string.Create(CultureInfo.InvariantCulture, $"{skew.Monitor} {skew.Seconds:0.000} s")))}";
        string here = offset switch
        {
            null => "this node's clock could not be compared (it takes Ceph Octopus or newer, and the right to read the monitors' log)",
            0 => "this node's clock agrees with the monitors'",
            > 0 and var ahead => string.Create(CultureInfo.InvariantCulture, $"this node's clock is {ahead:0.0} s behind the monitors'"),
            { } behind => string.Create(CultureInfo.InvariantCulture, $"this node's clock is {-behind:0.0} s ahead of the monitors'"),
        };
        const string Set = "timedatectl set-ntp true; timedatectl; chronyc tracking (or ntpq -p)";
        return Math.Abs(offset ?? 0) > MostHere
                ? new Finding(Name, FindingState.Failed, $"{here}: cephx refuses tickets; {monitors}", $"on this node: {Set}")
            : off.Length > 0
                ? new Finding(Name, FindingState.Warning, $"{monitors}: more than {MostAmongMonitors.ToString(CultureInfo.InvariantCulture)} s, they may lose their quorum; {here}", $"on the nodes of {string.Join(", ", off.Select(skew => "mon." + skew.Monitor))}: {Set}; then ceph time-sync-status")
            : Math.Abs(offset ?? 0) > OddHere
                ? new Finding(Name, FindingState.Warning, $"{here}; {monitors}", $"on this node: {Set}")
            : new Finding(Name, FindingState.Ok, $"{here}; {monitors}");
    }

    /// <summary>By how many seconds the monitors are ahead, by the stamp they gave a question that was asked between two moments here.</summary>
    internal static double Offset(DateTimeOffset stamp, DateTimeOffset before, DateTimeOffset after) =>
        stamp < before ? (stamp - before).TotalSeconds : stamp > after ? (stamp - after).TotalSeconds : 0;

    /// <summary>The first stamp in the audit log of a question that holds a mark; null when it is not there (yet).</summary>
    internal static string? StampOf(ReadOnlyMemory<byte> log, string mark)
    {
        JsonElement lines = Answers.Parse(log, "log last");
        return lines.ValueKind != JsonValueKind.Array
            ? null
            : lines.EnumerateArray().Where(line => line.Text("message").Contains(mark, StringComparison.Ordinal))
                .Select(line => line.Text("stamp")).Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private IReadOnlyList<ClockSkew> Skews(ClusterExam exam, Deadline deadline)
    {
        try
        {
            return ClusterHealth.TimeSync(ClusterSession.Ask("time-sync-status", deadline, () => exam.Ask("time-sync-status")));
        }
        catch (CephException e) when (e.Errno == Errno.Invalid)
        {
            // Jewel's health tells it.
            return session.Health(deadline).Skews;
        }
    }

    // No command tells a monitor's time. But each question is stamped in its audit log, which can be read after a second.
    private static double? OwnOffset(ClusterExam exam, Deadline deadline)
    {
        int number = Random.Shared.Next(1_000_000_000, int.MaxValue);
        string mark = number.ToString(CultureInfo.InvariantCulture);
        try
        {
            DateTimeOffset before = DateTimeOffset.UtcNow;
            DateTimeOffset? after = null;
            while (DateTimeOffset.UtcNow - before < _longest && ClusterSession.Left(deadline) > _pause)
            {
                ReadOnlyMemory<byte> log = ClusterSession.Ask("log last", deadline, () => exam.AskAuditLog(number));
                after ??= DateTimeOffset.UtcNow;
                if (StampOf(log, mark) is { } stamp)
                {
                    // Before Octopus it names no time zone.
                    return Answers.Moment(stamp) is { } moment ? Offset(moment, before, after.Value) : null;
                }

                deadline.Token.WaitHandle.WaitOne(_pause);
            }
        }
        catch (Exception e) when (e is CephException or VolumeException or NoAnswerException)
        {
            // Not every release and user can: said as not known.
        }

        return null;
    }
}
