namespace CephRbd.ArtifactTests;

/// <summary>The driver on its way onto a node: placement, packages, installers.</summary>
public sealed class PackageTests
{
    [Fact]
    public void Place_shows_kubelet_whole_drivers_only_and_survives_kills() => Scenario.Run("place");
}
