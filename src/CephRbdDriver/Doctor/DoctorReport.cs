using CephRbd.Driver.Config;

namespace CephRbd.Driver.Doctor;

/// <summary>What the doctor was asked about, and what was found.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Runtime">The runtime in force.</param>
/// <param name="Pool">The pool that was looked at.</param>
/// <param name="User">The Ceph user, without <c>client.</c>.</param>
/// <param name="Findings">What was found, in the checks' order.</param>
internal sealed record DoctorReport(string Node, RuntimeKind Runtime, string Pool, string User, IReadOnlyList<Finding> Findings)
{
    /// <summary>How many findings are in a state.</summary>
    public int Count(FindingState state) => Findings.Count(finding => finding.State == state);
}
