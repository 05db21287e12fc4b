using CephRbd.Driver.Doctor;

namespace CephRbd.UnitTests.Doctor;

public class DoctorArgumentsTests
{
    [Fact]
    public void Without_arguments_all_is_the_configs()
    {
        var read = DoctorArguments.Parse([]);
        Assert.Equal((false, null, null, null, null), (read.Json, read.Pool, read.User, read.ConfigFile, read.Problem));
    }

    [Theory]
    [InlineData("--json", "--pool", "p", "--user", "u", "--config", "/c")]
    [InlineData("--config=/c", "--user=client.u", "--pool=p", "--json")]
    public void Values_stand_behind_a_blank_or_an_equals_sign(params string[] words)
    {
        var read = DoctorArguments.Parse(words);
        Assert.Equal((true, "p", "u", "/c", null), (read.Json, read.Pool, read.User, read.ConfigFile, read.Problem));
    }

    [Theory]
    [InlineData("unknown argument \"--xml\"", "--xml")]
    [InlineData("unknown argument \"now\"", "now")]
    [InlineData("unknown argument \"--json=yes\"", "--json=yes")]
    [InlineData("--pool ", "--pool")]
    [InlineData("--pool ", "--pool=")]
    [InlineData("--pool ", "--pool", "a/b")]
    [InlineData("--user ", "--user", "client.")]
    [InlineData("--config needs a file", "--config")]
    [InlineData("--config needs a file", "--config", "")]
    public void What_is_wrong_is_said(string begin, params string[] words) =>
        Assert.StartsWith(begin, DoctorArguments.Parse(words).Problem, StringComparison.Ordinal);

    [Fact]
    public void The_first_thing_that_is_wrong_is_the_one_that_is_said() =>
        Assert.StartsWith("unknown argument \"a\"", DoctorArguments.Parse(["a", "b"]).Problem, StringComparison.Ordinal);

    [Fact]
    public void A_long_word_is_cut() =>
        Assert.Contains($"\"{new string('x', 40)}…\"", DoctorArguments.Parse([new string('x', 4000)]).Problem, StringComparison.Ordinal);
}
