using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

public class LinuxExceptionTests
{
    [Fact]
    public void The_message_names_call_path_and_error()
        => Assert.Equal(
            "umount2 /mnt/a: EBUSY (device or resource busy)",
            new LinuxException("umount2", Errno.EBUSY, "/mnt/a").Message);

    [Fact]
    public void A_call_without_a_path_and_an_unknown_errno_are_told_too()
        => Assert.Equal("fcntl: errno 4095", new LinuxException("fcntl", 4095).Message);

    [Fact]
    public void Every_named_errno_is_described_by_its_own_name()
    {
        var names = typeof(Errno).GetFields().Where(f => f.IsLiteral).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, f => Assert.StartsWith(f.Name + " (", Errno.Describe((int)f.GetRawConstantValue()!), StringComparison.Ordinal));
    }
}
