using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>Ceph's client libraries.</summary>
internal sealed class LibraryChecks(DriverConfig config)
{
    private const string Name = "libraries";

    /// <summary>librados and librbd are there, can be loaded, and are new enough.</summary>
    public Check Libraries => new(Name, "ldconfig -p | grep -E 'librados|librbd'", _ => [Judge(CephLibraries.Probe(), config.User, Tool.Find("rbd"))]);

    /// <summary>Judges what was found.</summary>
    /// <param name="found">What was found.</param>
    /// <param name="user">The user who needs them.</param>
    /// <param name="rbd">Where the command <c>rbd</c> is; null when it is not installed.</param>
    internal static Finding Judge(CephLibraryInfo found, string user, string? rbd)
    {
        string there = string.Join(", ", ((string?[])[found.RadosPath, found.RbdPath]).Where(path => path is not null));
        if (found.Error is { } error)
        {
            string package = found.Faulty is { } faulty && faulty.StartsWith("librbd", StringComparison.Ordinal) ? "librbd1" : "librados2";
            return found.MissingSymbol is { } symbol
                ? new Finding(
                    Name, FindingState.Failed, $"{found.Faulty}{(there.Length > 0 ? $" ({there})" : "")} is too old, it lacks {symbol}: the oldest that works is Ceph Jewel, 10.2",
                    $"apt install --only-upgrade librados2 librbd1; if another copy comes first: ldconfig -p | grep {found.Faulty}")
                : new Finding(
                    Name, FindingState.Failed, $"{error} (for client.{user}){(there.Length > 0 ? $"; there is {there}" : "")}",
                    $"install Ceph's client libraries: apt install {(there.Length > 0 ? package : "librados2 librbd1")}; if it is installed: ldconfig, then ldd $(ldconfig -p | awk '/{found.Faulty}/ {{print $NF; exit}}') | grep 'not found'");
        }

        string versions = $"{found.RadosVersion} ({found.RadosPath}), {found.RbdVersion} ({found.RbdPath})";
        return found.ListsWatchers ? new Finding(Name, FindingState.Ok, versions)
            : rbd is not null ? new Finding(Name, FindingState.Ok, $"{versions}; who has an image open tells {rbd}")
            : new Finding(
                Name, FindingState.Warning, $"{versions}: before Ceph 13.2 librbd cannot tell who has an image open, and the command rbd, which can, is not here: images that were not made by cephrbd are not formatted",
                "apt install ceph-common");
    }
}
