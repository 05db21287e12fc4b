using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor;

/// <summary>One thing that is looked at. It changes nothing on the node or in the cluster.</summary>
/// <param name="Name">What it is called: lower case, words joined by <c>-</c>.</param>
/// <param name="Hint">What to look at when the check itself does not come back.</param>
/// <param name="Look">
/// Looks. It may wait, and may hang in the kernel: others do not wait for it. A failure that is not foreseen becomes
/// a finding.
/// </param>
internal sealed record Check(string Name, string Hint, Func<Deadline, IEnumerable<Finding>> Look);
