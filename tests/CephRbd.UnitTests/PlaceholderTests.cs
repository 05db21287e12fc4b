namespace CephRbd.UnitTests;

public class PlaceholderTests
{
    [Fact]
    public void A_works() => Assert.True(true);
}
