using System.Diagnostics;
using CephRbd.Driver.Host;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Host;

public class KernelLogTests
{
    [Theory]
    [InlineData("6,339,5140900,-;rbd: image vol1: feature mismatch\n", 5140900, "rbd: image vol1: feature mismatch")]
    [InlineData("6,339,5140900,-,caller=T1;libceph: mon0 (1)127.0.0.1:6789 socket error\n SUBSYSTEM=block\n DEVICE=b252:0\n", 5140900, "libceph: mon0 (1)127.0.0.1:6789 socket error")]
    [InlineData("4,1,0,-;a;b,c", 0, "a;b,c")]
    [InlineData("4,1,7;short", 7, "short")]
    [InlineData("4,1,7,-;", 7, "")]
    public void A_record_is_taken_apart(string record, long microseconds, string text) =>
        Assert.Equal((TimeSpan.FromMicroseconds(microseconds), text), KernelLog.Parse(record));

    [Theory]
    [InlineData("")]
    [InlineData("no record")]
    [InlineData("6,339;rbd: x")]
    [InlineData("6,339,-5,-;rbd: x")]
    [InlineData("6,339,x,-;rbd: x")]
    [InlineData("6,339,99999999999999999999,-;rbd: x")]
    [InlineData(";rbd: x")]
    public void What_is_no_record_is_empty(string record) => Assert.Equal((TimeSpan.Zero, ""), KernelLog.Parse(record));

    [Fact]
    public void Nothing_is_said_of_the_future() =>
        Assert.Equal("", KernelLog.Since(Stopwatch.GetTimestamp() + (3600 * Stopwatch.Frequency), ""));

    [Fact]
    public void What_is_said_is_bounded() => Assert.InRange(KernelLog.Since(0, "").Length, 0, 301);

    [Fact]
    public void Hostile_records_never_fail() =>
        Hostile.Feed(["6,339,5140900,-;", "6,", ";", "\n", "9223372036854775807", ",", "rbd: x", "-"], text => KernelLog.Parse(text));
}
