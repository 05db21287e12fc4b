namespace CephRbd.ArtifactTests;

/// <summary>The container image and its DaemonSet.</summary>
public sealed class ContainerTests
{
    [Fact]
    public void Archive_is_a_valid_layout_for_both_platforms_with_the_published_drivers() => Scenario.Run("container-layout");

    [Fact]
    public void Two_builds_of_the_image_are_the_same() => Scenario.Run("container-reproducible");

    [Fact]
    public void DaemonSet_asks_for_the_least_rights() => Scenario.Run("container-daemonset");

    [Fact]
    public void Container_places_the_driver_and_keeps_it_in_place_without_any_capability() => Scenario.Run("container-run");

    [Fact]
    public void Killed_container_leaves_what_kubelet_sees_as_it_was() => Scenario.Run("container-killed");

    [Fact]
    public void Container_says_what_it_cannot_do() => Scenario.Run("container-refused");

    [Fact]
    public void Image_for_arm64_runs() => Scenario.Run("container-arm64");
}
