using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Secrets;

public class SecretTests
{
    [Fact]
    public void A_secret_shows_only_when_it_is_asked_to()
    {
        Secret secret = new("abc");
        Assert.Equal("***", secret.ToString());
        Assert.Equal("***", $"{secret}");
        Assert.Equal("abc", secret.Reveal());
        Assert.Empty(typeof(Secret).GetProperties());
    }

    [Fact]
    public void A_spec_does_not_show_its_key()
    {
        VolumeSpec spec = new() { Image = "i", Pool = "p", Key = new Secret("abcdef") };
        Assert.DoesNotContain("abcdef", spec.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_equal_by_their_text()
    {
        Assert.Equal(new Secret("abc"), new Secret("abc"));
        Assert.Equal(new Secret("abc").GetHashCode(), new Secret("abc").GetHashCode());
        Assert.NotEqual(new Secret("abc"), new Secret("abd"));
        Assert.NotEqual(new Secret("abc"), new Secret("abcd"));
        Assert.False(new Secret("abc").Equals(null));
    }
}
