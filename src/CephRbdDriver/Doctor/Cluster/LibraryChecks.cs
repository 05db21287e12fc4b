using CephRbd.Driver.Config;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>Ceph's client libraries.</summary>
internal sealed class LibraryChecks(DriverConfig config)
{
    /// <summary>librados and librbd are there and can be loaded.</summary>
    public Check Libraries => new("libraries", "ldconfig -p | grep -E 'librados|librbd'", _ => [Look()]);

    private Finding Look()
    {
        CephLibraryInfo found = CephLibraries.Probe();
        return found.Error is { } error
            ? new Finding(
                "libraries", FindingState.Failed, $"{error} (for client.{config.User})",
                "install Ceph's client libraries: apt install librados2 librbd1")
            : new Finding("libraries", FindingState.Ok, $"librados {found.RadosVersion} ({found.RadosPath}), librbd {found.RbdVersion} ({found.RbdPath})");
    }
}
