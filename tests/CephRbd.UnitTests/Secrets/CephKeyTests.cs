using CephRbd.Driver.Secrets;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Secrets;

public class CephKeyTests
{
    [Fact]
    public void A_real_key_is_well_formed()
    {
        Assert.True(CephKey.IsWellFormed(Hostile.Key, out string why));
        Assert.Empty(why);
    }

    [Theory]
    [InlineData(1, 16, 16, null)]
    [InlineData(2, 32, 32, null)]
    [InlineData(0, 16, 16, "unknown type")]
    [InlineData(3, 16, 16, "unknown type")]
    [InlineData(1, 16, 15, "15 bytes where it says 16")]
    [InlineData(1, 16, 17, "17 bytes where it says 16")]
    [InlineData(1, 0, 0, "too few")]
    [InlineData(1, 15, 15, "too few")]
    public void Type_and_length_must_fit(ushort type, ushort length, int bytes, string? reason)
    {
        bool wellFormed = CephKey.IsWellFormed(Convert.ToBase64String(Bytes(type, length, bytes)), out string why);
        Assert.Equal(reason is null, wellFormed);
        Assert.Contains(reason ?? "", why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("swordfish!", "base64")]
    [InlineData("AQBSdFhcAAAAABAA1Rt0TIvjp2xXoH4vV0r2Zw=", "base64")]
    [InlineData("AQBSdFhcAAAAABAA 1Rt0TIvjp2xXoH4vV0r2Zw==", "base64")]
    [InlineData("AQBSdFhcAAAAABAA1Rt0TIvjp2xXoH4vV0r2Zw==\n", "base64")]
    [InlineData("AQBSdFhc", "cut off")]
    public void Other_text_is_refused(string text, string reason)
    {
        Assert.False(CephKey.IsWellFormed(text, out string why));
        Assert.Contains(reason, why, StringComparison.Ordinal);
        Assert.True(text.Length == 0 || !why.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void An_endless_key_is_refused() => Assert.False(CephKey.IsWellFormed(new string('A', 1 << 20), out _));

    [Fact]
    public void Hostile_text_is_answered_without_showing_it() =>
        Hostile.Feed(
            [Hostile.Key, "AQ", "==", "swordfish", "AAAA", "AQBSdFhcAAAAABAA"],
            text =>
            {
                if (!CephKey.IsWellFormed(text, out string why))
                {
                    Assert.DoesNotContain("swordfish", why, StringComparison.Ordinal);
                    Assert.DoesNotContain("AQBSdFhc", why, StringComparison.Ordinal);
                }
            });

    internal static byte[] Bytes(ushort type, ushort length, int bytes)
    {
        byte[] key = new byte[12 + bytes];
        BitConverter.TryWriteBytes(key, type);
        BitConverter.TryWriteBytes(key.AsSpan(2), 1549300818U);
        BitConverter.TryWriteBytes(key.AsSpan(10), length);
        for (int i = 12; i < key.Length; i++)
        {
            key[i] = (byte)(i * 37);
        }

        return key;
    }
}
