using CephRbd.Driver.Config;
using CephRbd.Driver.Protocol;

namespace CephRbd.UnitTests.Protocol;

public class CommandLineTests
{
    [Fact]
    public void Kubelets_argv_is_verb_and_arguments()
    {
        var line = CommandLine.Parse(["mount", "/dir", """{"volumeID":"v"}"""]);
        Assert.Equal("mount", line.VerbName);
        Assert.Equal(["/dir", """{"volumeID":"v"}"""], line.Arguments);
        Assert.Equal((null, null, false, null), (line.ConfigFile, line.Runtime, line.Verbose, line.Problem));
    }

    [Theory]
    [InlineData("--config", "/etc/x.json", "--runtime", "host", "-v", "init")]
    [InlineData("--config=/etc/x.json", "--runtime=host", "--verbose", "init")]
    public void Switches_before_the_verb_are_read_in_both_spellings(params string[] args)
    {
        var line = CommandLine.Parse(args);
        Assert.Equal(("/etc/x.json", RuntimeKind.Host, true, "init"), (line.ConfigFile, line.Runtime!.Value, line.Verbose, line.VerbName));
        Assert.Null(line.Problem);
        Assert.Empty(line.Arguments);
    }

    [Fact]
    public void What_looks_like_a_switch_after_the_verb_is_an_argument()
    {
        var line = CommandLine.Parse(["unmount", "--config", "-v"]);
        Assert.Equal(["--config", "-v"], line.Arguments);
        Assert.Equal((null, false, null), (line.ConfigFile, line.Verbose, line.Problem));
    }

    [Theory]
    [InlineData("--config needs a value", "--config")]
    [InlineData("--config needs a value", "--config=", "init")]
    [InlineData("--config needs a value", "--config", "", "init")]
    [InlineData("--runtime needs a value", "--runtime")]
    [InlineData("hyper or host, not \"docker\"", "--runtime", "docker", "init")]
    [InlineData("hyper or host, not \"Hyper\"", "--runtime=Hyper", "init")]
    [InlineData("unknown switch \"--what\"", "--what", "init")]
    [InlineData("unknown switch \"--verbose\"", "--verbose=yes", "init")]
    [InlineData("unknown switch \"-\"", "-", "init")]
    [InlineData("unknown switch \"--help\"", "--help=x", "init")]
    public void A_wrong_switch_is_told(string problem, params string[] args) =>
        Assert.Contains(problem, CommandLine.Parse(args).Problem, StringComparison.Ordinal);

    [Fact]
    public void Of_several_problems_the_first_is_told() =>
        Assert.Contains("--one", CommandLine.Parse(["--one", "--two", "init"]).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData("help", "--help")]
    [InlineData("help", "-h", "init")]
    [InlineData("version", "--version")]
    [InlineData("help", "--what", "--help")]
    public void Help_and_version_are_switches_too(string verb, params string[] args)
    {
        var line = CommandLine.Parse(args);
        Assert.Equal((verb, null), (line.VerbName, line.Problem));
    }

    [Fact]
    public void No_arguments_are_no_verb()
    {
        var line = CommandLine.Parse([]);
        Assert.Equal(("", null), (line.VerbName, line.Problem));
        Assert.Empty(line.Arguments);
    }

    [Theory]
    [InlineData("/switch", "/env", "/switch")]
    [InlineData(null, "/env", "/env")]
    [InlineData(null, "", CommandLine.DefaultConfigFile)]
    [InlineData(null, null, CommandLine.DefaultConfigFile)]
    public void The_config_file_is_the_switch_then_the_environment_then_the_default(string? named, string? environment, string expected)
    {
        var line = CommandLine.Parse(named is null ? ["init"] : ["--config", named, "init"]);
        Assert.Equal(expected, line.ConfigFileInForce(name => name == "CEPHRBD_CONFIG" ? environment : "/wrong"));
    }
}
