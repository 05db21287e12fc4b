namespace CephRbd.Driver.Volumes;

/// <summary>
/// Who has an image for writing: in runtime hyper one pod's VM, in runtime host a node for all its pods. What is
/// compared is what kubelet and the node say; what a pod may have made up is for people.
/// </summary>
/// <param name="Node">The node's name.</param>
/// <param name="Machine">The node's machine id, which tells nodes apart that have the same name; empty where it has none.</param>
/// <param name="PodUid">The pod's UID; null for a whole node, or a call by hand.</param>
/// <param name="Dir">The dir that the volume is for; null for a whole node.</param>
internal sealed record Writer(string Node, string Machine, string? PodUid, string? Dir)
{
    /// <summary>The boot of the node: what was reserved before it is nobody's any more.</summary>
    public string Boot { get; init; } = "";

    /// <summary>The pod as <c>namespace/name</c>, as far as known.</summary>
    public string? Pod { get; init; }

    /// <summary>The text that a reservation is kept under; the same writer has the same.</summary>
    public string Tag => string.Join(' ', new[] { Node, Machine, PodUid ?? "", Dir ?? "" }.Select(Uri.EscapeDataString));

    /// <summary>Whether both are one.</summary>
    public bool Is(Writer other) => Tag == other.Tag;

    /// <summary>Whether both are of one node.</summary>
    public bool IsNodeOf(Writer other) => Node == other.Node && Machine == other.Machine;

    /// <summary>Whether the node has been started anew since: nothing of then runs any more.</summary>
    /// <param name="boot">The boot that something is from.</param>
    public bool HasRebootedSince(string boot) => boot.Length > 0 && Boot.Length > 0 && boot != Boot;

    /// <summary>Reads a tag.</summary>
    /// <returns>Null when it is none.</returns>
    public static Writer? FromTag(string tag)
    {
        string[] parts = tag.Split(' ');
        return parts is [{ Length: > 0 } node, var machine, var uid, var dir]
            ? new Writer(Plain(node), Plain(machine), NullIfEmpty(Plain(uid)), NullIfEmpty(Plain(dir)))
            : null;
    }

    /// <summary>As a person would say it: <c>node n2, pod default/db-0 (uid …)</c>.</summary>
    public override string ToString() => Shown.Printable(
        $"node {Node}" +
        (Pod is null ? "" : $", pod {Pod}") +
        (PodUid is null ? "" : $" (uid {PodUid})") +
        (PodUid is null && Dir is not null ? $", for {Dir}" : ""));

    private static string Plain(string field) => Uri.UnescapeDataString(field);

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
