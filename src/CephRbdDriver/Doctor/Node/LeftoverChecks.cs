using CephRbd.Driver.Ceph;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>What killed calls, hands and errors have left on the node: what <c>status</c> finds not right without asking the cluster.</summary>
internal sealed class LeftoverChecks(NodeView node)
{
    private const string Name = "leftovers";
    private static readonly TimeSpan _secondLook = TimeSpan.FromMilliseconds(300);

    /// <summary>Nothing is left that nobody needs, and no mount is broken.</summary>
    public Check Leftovers => new(Name, "cephrbd status; dmesg: a mount or device that does not answer", Look);

    private IEnumerable<Finding> Look(Deadline deadline)
    {
        var reader = new StateReader(node.Config, new Mappers(node.Config, new Steps(deadline, null)), name => ConfAccess.Fsid(node.Config, name));
        NodeState state = reader.Read();
        IReadOnlyList<Problem> problems = Problems.OnNode(state, VolumeList.Of(state));
        if (problems.Count > 0)
        {
            // Calls come and go: what is gone at the second look was one of them.
            deadline.Token.WaitHandle.WaitOne(_secondLook);
            state = reader.Read();
            problems = [.. Problems.OnNode(state, VolumeList.Of(state)).Where(problems.Contains)];
        }

        return Judge(problems, VolumeList.Of(state).Count);
    }

    /// <summary>The findings: one for each problem, or that there is none.</summary>
    /// <param name="problems">The problems.</param>
    /// <param name="volumes">How many volumes are on the node.</param>
    internal static IReadOnlyList<Finding> Judge(IReadOnlyList<Problem> problems, int volumes) => problems.Count == 0
        ? [new Finding(Name, FindingState.Ok, $"{volumes} {(volumes == 1 ? "volume" : "volumes")} on this node, and nothing left over")]
        :
        [.. problems.Select(Judge)];

    private static Finding Judge(Problem problem)
    {
        // These lose a pod's writes now; the others only stand in the way.
        FindingState state = problem.Kind is Problems.CorruptMount or Problems.TurnedReadOnly or Problems.TagMissing or Problems.Unreadable
            ? FindingState.Failed : FindingState.Warning;

        // A problem's last sentence says what to do.
        int end = problem.Text.LastIndexOf(". ", StringComparison.Ordinal);
        (string seen, string remedy) = end < 0 ? (problem.Text, "cephrbd status tells the same; dmesg may tell more") : (problem.Text[..end], problem.Text[(end + 2)..]);
        return new Finding(Name, state, problem.Image is null ? seen : $"{problem.Image}: {seen}", remedy);
    }
}
