using CephRbd.Native;

namespace CephRbd.UnitTests.Native;

public class NativeLibraryExceptionTests
{
    [Fact]
    public void The_loaders_reason_stands_in_the_message_and_the_runtimes_advice_does_not() => Assert.Equal(
        "librados.so.2 cannot be loaded: librados.so.2: invalid ELF header",
        new NativeLibraryException(
            "librados.so.2", null, new DllNotFoundException("Unable to load shared library 'librados.so.2'. Consider LD_DEBUG.\nlibrados.so.2: invalid ELF header\n")).Message);

    [Fact]
    public void A_function_that_is_missing_is_named() => Assert.Equal(
        "librbd.so.1 has no rbd_open", new NativeLibraryException("librbd.so.1", "rbd_open", new EntryPointNotFoundException("none")).Message);
}
