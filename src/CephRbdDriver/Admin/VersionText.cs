using System.Runtime.InteropServices;
using CephRbd.Native;

namespace CephRbd.Driver.Admin;

/// <summary>What <c>cephrbd version</c> says: its own version, and which of Ceph's libraries it would use.</summary>
internal static class VersionText
{
    /// <summary>Loads the libraries to ask them; a missing one is said, not thrown.</summary>
    public static string Collect()
    {
        string own = typeof(VersionText).Assembly.GetName().Version?.ToString(3) ?? "unknown";
        CephLibraryInfo libraries = CephLibraries.Probe();
        return $"""
            cephrbd {own} ({RuntimeInformation.RuntimeIdentifier})
            {libraries.RadosVersion ?? "librados not found"}{At(libraries.RadosPath)}
            {libraries.RbdVersion ?? "librbd not found"}{At(libraries.RbdPath)}
            {(libraries.Error is null ? "" : $"{libraries.Error}\nInstall Ceph's client libraries (Debian, Kylin: apt install librados2 librbd1).\n")}
            """;
    }

    private static string At(string? path) => path is null ? "" : $" ({path})";
}
