namespace CephRbd.ArtifactTests;

/// <summary>The driver on its way onto a node: placement, packages, installers.</summary>
public sealed class PackageTests
{
    [Fact]
    public void Place_shows_kubelet_whole_drivers_only_and_survives_kills() => Scenario.Run("place");

    [Fact]
    public void Packages_and_archives_hold_what_they_should() => Scenario.Run("packages-form");

    [Fact]
    public void Packages_made_twice_are_the_same() => Scenario.Run("packages-again");

    [Fact]
    public void The_bill_of_materials_names_every_package_and_file() => Scenario.Run("packages-bill");

    [Fact]
    public void A_debian_package_comes_and_goes_without_a_failing_call() => Scenario.Run("deb-lifecycle");

    [Fact]
    public void The_installer_checks_installs_rolls_back_and_removes() => Scenario.Run("install-script");
}
