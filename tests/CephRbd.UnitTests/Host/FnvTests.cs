using CephRbd.Driver.Host;

namespace CephRbd.UnitTests.Host;

public class FnvTests
{
    // From the reference implementation's test vectors.
    [Theory]
    [InlineData("", 0xcbf29ce484222325)]
    [InlineData("a", 0xaf63dc4c8601ec8c)]
    [InlineData("foobar", 0x85944171f73967e8)]
    public void It_is_FNV_1a(string text, ulong hash) => Assert.Equal(hash, Fnv.Hash(text));

    [Fact]
    public void Bytes_count_not_characters() => Assert.NotEqual(Fnv.Hash("\u00e9"), Fnv.Hash("\u01e9"));
}
