using System.Globalization;
using System.Text;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor;

/// <summary>The report for people: a line for each finding, the remedy below it, the sum at the end.</summary>
internal static class DoctorText
{
    /// <summary>The whole text.</summary>
    public static string Write(DoctorReport report)
    {
        var text = new StringBuilder();
        text.Append(Shown.Printable(report.Node)).Append(": runtime ").Append(report.Runtime == RuntimeKind.Host ? "host" : "hyper")
            .Append(", pool ").Append(Shown.Printable(report.Pool)).Append(", user client.").Append(Shown.Printable(report.User)).Append("\n\n");
        int width = report.Findings.Select(finding => finding.Check.Length).Append(0).Max();
        foreach (Finding finding in report.Findings)
        {
            text.Append(Word(finding.State).PadRight(8)).Append(finding.Check.PadRight(width + 2)).Append(Shown.Printable(finding.Evidence)).Append('\n');
            if (finding.Remedy is { } remedy)
            {
                text.Append(' ', width + 10).Append("-> ").Append(Shown.Printable(remedy)).Append('\n');
            }
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"\n{report.Count(FindingState.Failed)} failed, {report.Count(FindingState.Warning)} to watch, {report.Count(FindingState.Ok)} in order, {report.Count(FindingState.Skipped)} skipped\n").ToString();
    }

    /// <summary>The word for a state, as in the JSON.</summary>
    public static string Word(FindingState state) => state switch
    {
        FindingState.Ok => "ok",
        FindingState.Warning => "warning",
        FindingState.Failed => "failed",
        _ => "skipped",
    };
}
