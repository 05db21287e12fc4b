using System.Text;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class VolumeCredentialsTests
{
    [Fact]
    public void A_bare_key_goes_with_the_options_user()
    {
        VolumeSpec spec = Parse("\"user\":\"k8s\"", ("key", Hostile.Key));
        Assert.Equal("k8s", spec.User);
        Assert.Equal(Hostile.Key, spec.Key?.Reveal());
    }

    [Theory]
    [InlineData("k8s")]
    [InlineData("client.k8s")]
    [InlineData(" k8s\n")]
    public void UserID_and_userKey_come_together(string userId)
    {
        VolumeSpec spec = Parse(null, ("userID", userId), ("userKey", " " + Hostile.Key + "\r\n"), ("adminKey", "x"), ("other", "y"));
        Assert.Equal("k8s", spec.User);
        Assert.Equal(Hostile.Key, spec.Key?.Reveal());
    }

    [Fact]
    public void Entries_that_agree_are_no_conflict()
    {
        VolumeSpec spec = Parse("\"user\":\"k8s\"", ("userID", "k8s"), ("userKey", Hostile.Key), ("key", Hostile.Key));
        Assert.Equal(new Secret(Hostile.Key), spec.Key);
    }

    [Fact]
    public void Half_a_pair_is_refused()
    {
        Fails("no \"userID\"", null, ("userKey", Hostile.Key));
        Fails("no \"userKey\"", null, ("userID", "k8s"));
    }

    [Fact]
    public void A_conflict_is_refused()
    {
        Fails("different Ceph users", "\"user\":\"a\"", ("userID", "b"), ("userKey", Hostile.Key));
        Fails("differ", null, ("userID", "b"), ("userKey", Hostile.Key), ("key", "swordfish"));
    }

    [Fact]
    public void What_is_no_key_is_refused_without_showing_it()
    {
        Fails("empty", null, ("key", " \n"));
        Fails("more than one line", null, ("key", "sword\nfish"));
        Fails("\":\"", null, ("userID", "a:b"), ("userKey", Hostile.Key));
        Fails("not text", """ "kubernetes.io/secret/key":"/////w==" """);
        Fails("base64", """ "kubernetes.io/secret/key":"swordfish!" """);
        Fails("base64", """ "kubernetes.io/secret/userKey":"swordfish" """);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("userKey")]
    [InlineData("userkey")]
    [InlineData("userID")]
    [InlineData("keyring")]
    public void A_key_among_the_plain_options_is_sent_to_secretRef(string option) => Fails("secretRef", $"\"{option}\":\"swordfish\"");

    private static void Fails(string reason, string? plain, params (string Entry, string Value)[] secret)
    {
        VolumeException e = Assert.Throws<VolumeException>(() => Parse(plain, secret));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", e.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Hostile.Key, e.ToString(), StringComparison.Ordinal);
    }

    private static VolumeSpec Parse(string? plain, params (string Entry, string Value)[] secret)
    {
        StringBuilder json = new("{\"volumeID\":\"v\"");
        if (plain is not null)
        {
            json.Append(',').Append(plain);
        }

        foreach ((string entry, string value) in secret)
        {
            json.Append($",\"kubernetes.io/secret/{entry}\":\"{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}\"");
        }

        return VolumeOptions.Parse(json.Append('}').ToString(), "hyper");
    }
}
