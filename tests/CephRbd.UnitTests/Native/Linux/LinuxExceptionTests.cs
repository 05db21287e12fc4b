using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

public class LinuxExceptionTests
{
    [Fact]
    public void The_message_names_call_path_and_error()
        => Assert.Equal(
            "umount2 /mnt/a: Device or resource busy (EBUSY, 16)",
            new LinuxException("umount2", Errno.Busy, "/mnt/a").Message);

    [Fact]
    public void A_call_without_a_path_and_an_unknown_errno_are_told_too()
        => Assert.Equal("fcntl: Unknown error (4095)", new LinuxException("fcntl", 4095).Message);
}
