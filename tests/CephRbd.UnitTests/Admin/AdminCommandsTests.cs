using CephRbd.Driver.Admin;
using CephRbd.Driver.Protocol;

namespace CephRbd.UnitTests.Admin;

public class AdminCommandsTests
{
    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("version")]
    [InlineData("--version")]
    [InlineData()]
    public void Commands_for_people_are_found(params string[] args) => Assert.NotNull(AdminCommands.Find(CommandLine.Parse(args)));

    [Fact]
    public void No_verb_of_kubelets_is_a_command_for_people() =>
        Assert.All(Verb.All, verb => Assert.Null(AdminCommands.Find(CommandLine.Parse([verb.Name]))));

    [Theory]
    [InlineData("resize")]
    [InlineData("--what")]
    [InlineData("Help")]
    public void What_is_unknown_gets_kubelets_kind_of_answer(params string[] args) =>
        Assert.Null(AdminCommands.Find(CommandLine.Parse(args)));

    [Fact]
    public void The_help_shows_every_verb_as_one_types_it() =>
        Assert.All(Verb.All, verb => Assert.Contains($"  {verb.Usage}\n", HelpText.All, StringComparison.Ordinal));

    [Fact]
    public void The_help_fits_a_terminal() =>
        Assert.All(HelpText.All.Split('\n'), line => Assert.InRange(line.Length, 0, 100));

    [Fact]
    public void The_version_names_the_driver_and_both_libraries()
    {
        string[] lines = VersionText.Collect().Split('\n');
        string version = typeof(VersionText).Assembly.GetName().Version!.ToString(3);
        Assert.Contains(lines, line => line.StartsWith("cephrbd ", StringComparison.Ordinal) && line.Contains(version, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("librados ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("librbd ", StringComparison.Ordinal));
    }
}
