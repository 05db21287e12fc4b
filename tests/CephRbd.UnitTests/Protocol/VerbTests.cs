using CephRbd.Driver.Protocol;

namespace CephRbd.UnitTests.Protocol;

public class VerbTests
{
    [Theory]
    [InlineData("init", 0, 0)]
    [InlineData("getvolumename", 1, 1)]
    [InlineData("attach", 1, 2)]
    [InlineData("waitforattach", 2, 2)]
    [InlineData("isattached", 1, 2)]
    [InlineData("mountdevice", 3, 3)]
    [InlineData("mount", 2, 2)]
    [InlineData("unmount", 1, 1)]
    [InlineData("unmountdevice", 1, 1)]
    [InlineData("detach", 1, 2)]
    [InlineData("expandvolume", 4, 4)]
    [InlineData("expandfs", 5, 5)]
    public void A_verb_takes_what_kubelet_sends_and_at_least_what_admins_type(string name, int least, int most)
    {
        Verb verb = Verb.Find(name)!;
        Assert.Equal(
            Enumerable.Range(least, most - least + 1),
            Enumerable.Range(0, 8).Where(verb.Accepts));
    }

    [Fact]
    public void There_are_twelve_verbs_with_names_of_their_own()
    {
        Assert.Equal(12, Verb.All.Count);
        Assert.Equal(12, Verb.All.Select(verb => verb.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Init")]
    [InlineData("mount ")]
    [InlineData("help")]
    public void Only_the_exact_name_is_a_verb(string name) => Assert.Null(Verb.Find(name));

    [Theory]
    [InlineData("init", "cephrbd init")]
    [InlineData("attach", "cephrbd attach <json> [node]")]
    [InlineData("mountdevice", "cephrbd mountdevice <device-mount-dir> <device> <json>")]
    [InlineData("detach", "cephrbd detach <volume> [node]")]
    public void Usage_shows_what_may_be_left_out(string name, string usage) => Assert.Equal(usage, Verb.Find(name)!.Usage);

    [Fact]
    public void An_argument_is_found_by_its_name()
    {
        Assert.Equal(2, Verb.Find("mountdevice")!.IndexOf("json"));
        Assert.Equal(-1, Verb.Find("unmount")!.IndexOf("json"));
    }
}
