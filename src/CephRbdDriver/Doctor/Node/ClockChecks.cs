using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Whether somebody keeps the node's clock right: monitors part ways over 0.05 s, and keys are refused over an hour.</summary>
internal sealed class ClockChecks
{
    // "clock" is what the cluster says of it.
    private const string Name = "time-sync";

    /// <summary>The clock is synchronised.</summary>
    public static Check Clock => new(Name, "timedatectl status; chronyc tracking", deadline => [Look(deadline)]);

    private static Finding Look(Deadline deadline)
    {
        if (Tool.Find("timedatectl") is not { } timedatectl)
        {
            return new Finding(Name, FindingState.Skipped, "there is no timedatectl to ask; by hand: chronyc tracking, or ntpq -p");
        }

        using var limit = NodeView.Short(deadline, TimeSpan.FromSeconds(3));
        try
        {
            // "show" is newer than the systemd of old nodes.
            (int exit, string output, string complaints) = Tool.Ask(timedatectl, ["status", "--no-pager"], "/", limit);
            return Judge(exit, output, complaints);
        }
        catch (DeadlineException)
        {
            return new Finding(Name, FindingState.Skipped, "timedatectl did not answer within 3 s; by hand: chronyc tracking, or ntpq -p");
        }
    }

    /// <summary>The finding.</summary>
    /// <param name="exit">timedatectl's exit status.</param>
    /// <param name="output">What it said, in the words of any version.</param>
    /// <param name="complaints">What it complained of.</param>
    internal static Finding Judge(int exit, string output, string complaints)
    {
        foreach (string line in output.Split('\n'))
        {
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is ["NTP synchronized" or "System clock synchronized", var value])
            {
                return value == "yes"
                    ? new Finding(Name, FindingState.Ok, "systemd says the clock is synchronised")
                    : new Finding(
                        Name, FindingState.Warning, "nothing keeps the clock right (timedatectl: not synchronised)",
                        "timedatectl set-ntp true (or apt install chrony; systemctl enable --now chrony); all nodes by the same servers; then chronyc tracking");
            }
        }

        return new Finding(Name, FindingState.Skipped, $"timedatectl does not tell (exit status {exit}{(complaints.Length > 0 ? $": {complaints}" : "")}); by hand: chronyc tracking, or ntpq -p");
    }
}
