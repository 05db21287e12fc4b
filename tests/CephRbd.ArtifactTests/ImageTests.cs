namespace CephRbd.ArtifactTests;

/// <summary>The image of a compute node, and the overlay for images of others.</summary>
public sealed class ImageTests
{
    [Theory]
    [InlineData("amd64", "linux-x64", "X86-64")]
    [InlineData("arm64", "linux-arm64", "AArch64")]
    public void It_holds_the_driver_and_nothing_of_the_machine_that_made_it(string architecture, string rid, string machine)
        => Scenario.Run("image-content", 240, architecture, rid, machine);

    [Fact]
    public void It_boots_and_gives_a_pod_its_volume()
        => Scenario.Run("image-node");

    [Fact]
    public void The_arm64_image_gives_a_pod_its_volume()
        => Scenario.Run("image-arm64");
}
