using CephRbd.Driver.Volumes;
using FsCheck;
using FsCheck.Fluent;

namespace CephRbd.UnitTests.Volumes;

public class QuantityTests
{
    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("1073741824", 1UL << 30)]
    [InlineData("+7", 7UL)]
    [InlineData("1Ki", 1024UL)]
    [InlineData("10Mi", 10UL << 20)]
    [InlineData("10Gi", 10UL << 30)]
    [InlineData("2Ti", 2UL << 40)]
    [InlineData("3Pi", 3UL << 50)]
    [InlineData("15Ei", 15UL << 60)]
    [InlineData("1k", 1000UL)]
    [InlineData("1K", 1000UL)]
    [InlineData("5M", 5_000_000UL)]
    [InlineData("5G", 5_000_000_000UL)]
    [InlineData("5T", 5_000_000_000_000UL)]
    [InlineData("5P", 5_000_000_000_000_000UL)]
    [InlineData("18E", 18_000_000_000_000_000_000UL)]
    [InlineData("1.5Gi", 1610612736UL)]
    [InlineData("0.1Ki", 103UL)]
    [InlineData("1.5", 2UL)]
    [InlineData(".5Ki", 512UL)]
    [InlineData("5.Ki", 5120UL)]
    [InlineData("1.50000000000000000000000000Ki", 1536UL)]
    [InlineData("1e9", 1_000_000_000UL)]
    [InlineData("1E9", 1_000_000_000UL)]
    [InlineData("1.5e3", 1500UL)]
    [InlineData("1e+3", 1000UL)]
    [InlineData("1500e-3", 2UL)]
    [InlineData("1e-99", 1UL)]
    [InlineData("0e99", 0UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    public void Kubernetes_quantities_are_read(string text, ulong bytes)
    {
        Assert.True(Quantity.TryParse(text, out ulong read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("1 Gi")]
    [InlineData(" 1Gi")]
    [InlineData("1Gi ")]
    [InlineData("-1")]
    [InlineData("-0")]
    [InlineData("Gi")]
    [InlineData(".")]
    [InlineData("1..5")]
    [InlineData("1.2.3")]
    [InlineData("1KB")]
    [InlineData("1MB")]
    [InlineData("1GB")]
    [InlineData("1TB")]
    [InlineData("1GiB")]
    [InlineData("1gi")]
    [InlineData("1ki")]
    [InlineData("100m")]
    [InlineData("1e")]
    [InlineData("1e1.5")]
    [InlineData("1e-")]
    [InlineData("1e999")]
    [InlineData("1e20")]
    [InlineData("16Ei")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999999")]
    [InlineData("0x10")]
    [InlineData("١٢")]
    [InlineData("1,5Gi")]
    public void What_is_no_size_is_refused(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Theory]
    [InlineData(0UL, "0 bytes")]
    [InlineData(1UL, "1 byte")]
    [InlineData(1000000UL, "1000000 bytes")]
    [InlineData(1024UL, "1 KiB")]
    [InlineData(1280UL, "1.25 KiB")]
    [InlineData(10UL << 30, "10 GiB")]
    [InlineData((10UL << 30) + (1UL << 29), "10.5 GiB")]
    [InlineData((1UL << 40) + (1UL << 30), "1025 GiB")]
    [InlineData(1UL << 60, "1 EiB")]
    public void A_size_is_written_exactly_in_the_largest_fitting_unit(ulong bytes, string text) =>
        Assert.Equal(text, Quantity.Format(bytes));

    [Fact]
    public void What_is_written_can_be_read_back()
    {
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Hostile.Inputs),
            Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), bytes =>
            {
                string text = Quantity.Format(bytes).Replace(" bytes", "", StringComparison.Ordinal)
                    .Replace(" byte", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
                return Quantity.TryParse(text.TrimEnd('B'), out ulong read) && read == bytes;
            }));
    }

    [Fact]
    public void Hostile_text_is_answered_with_yes_or_no() =>
        Hostile.Feed(["1", "9", ".", "e", "E", "+", "Ki", "Ei", "000", "184467440737095516"], text => Assert.True(Quantity.TryParse(text, out ulong bytes) || bytes == 0));
}
