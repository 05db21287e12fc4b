namespace CephRbd.ArtifactTests;

/// <summary>Who has the sources can check what he was given.</summary>
public sealed class ReproducibleTests
{
    [Fact]
    public void Two_builds_of_one_commit_are_the_same_to_the_last_bit() => Scenario.Run("build-again", 600);
}
