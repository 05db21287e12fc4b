using CephRbd.Driver.Config;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>The programs that the driver runs.</summary>
internal sealed class ToolChecks(NodeView node)
{
    private const string Name = "tools";

    private static readonly (string Program, string Package, bool HostOnly, string What)[] _tools =
    [
        ("mkfs.ext4", "e2fsprogs", false, "to make ext4"),
        ("e2fsck", "e2fsprogs", true, "to check ext before a mount"),
        ("resize2fs", "e2fsprogs", true, "to grow ext"),
        ("mkfs.xfs", "xfsprogs", false, "to make XFS"),
        ("xfs_repair", "xfsprogs", true, "to judge a damaged XFS"),
        ("xfs_growfs", "xfsprogs", true, "to grow XFS"),
        ("mkfs.btrfs", "btrfs-progs", false, "to make btrfs"),
        ("btrfs", "btrfs-progs", true, "to grow btrfs"),
    ];

    /// <summary>Programs for file systems are there, and <c>rbd</c> where librbd needs it.</summary>
    public Check Tools => new(Name, "command -v mkfs.ext4 mkfs.xfs rbd", _ =>
        [Judge(node.Config.Runtime, node.HasProgram, CephLibraries.Probe() is { Error: null } found && !CephLibraries.CanListWatchers ? found.RbdVersion : null)]);

    /// <summary>The finding.</summary>
    /// <param name="runtime">The runtime in force.</param>
    /// <param name="has">Whether a program is installed.</param>
    /// <param name="old">The version of a librbd that can't tell who has an image open; null when it can, or there is none.</param>
    internal static Finding Judge(RuntimeKind runtime, Func<string, bool> has, string? old)
    {
        var wanted = _tools.Where(tool => runtime == RuntimeKind.Host || !tool.HostOnly).ToArray();
        var missing = wanted.Where(tool => !has(tool.Program)).ToArray();
        bool lacksExt = missing.Any(tool => tool.Package == "e2fsprogs");
        bool lacksRbd = old is not null && !has("rbd");
        string[] there = [.. wanted.Select(tool => tool.Program).Where(has)];
        string evidence = there.Length > 0 ? $"there are {string.Join(", ", there)}" : "none is there";
        if (missing.Length > 0)
        {
            evidence += $"; not {string.Join(", ", missing.Select(tool => $"{tool.Program} ({tool.What})"))}";
        }

        if (lacksRbd)
        {
            evidence += $"; {old} can't tell who has an image open, and there is no rbd that can: images that were there before are not formatted";
        }

        string[] packages = [.. missing.Select(tool => tool.Package).Append(lacksRbd ? "ceph-common" : null).OfType<string>().Distinct()];

        // ext4 is what a volume gets that names nothing; who wants another file system knows.
        return lacksExt ? new Finding(Name, FindingState.Failed, evidence, $"apt install {string.Join(' ', packages)}")
            : lacksRbd ? new Finding(Name, FindingState.Warning, evidence, "apt install ceph-common")
            : new Finding(Name, FindingState.Ok, missing.Length == 0 ? evidence : $"{evidence}: needed only for such volumes (apt install {string.Join(' ', packages)})");
    }
}
