using System.Text;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

public class KeyRingTests
{
    private const nint ProcessKeyring = -2;
    private const nint Search = 10;
    private const nint Read = 11;
    private const int NoSuchKey = 126;

    private readonly string _name = $"cephrbd-test-{Guid.NewGuid():N}";

    [Fact]
    public void A_key_put_in_is_found_by_its_name_and_a_second_one_replaces_it()
    {
        OnAThreadOfItsOwn(() =>
        {
            KeyRing.AddToProcess("user", _name, "first"u8);
            Assert.Equal("first", Find());

            KeyRing.AddToProcess("user", _name, "second one"u8);
            Assert.Equal("second one", Find());
        });
    }

    [Fact]
    public void A_key_is_found_by_threads_started_later_but_not_by_those_that_ran_already()
    {
        using var added = new ManualResetEventSlim();
        int? seenByEarlier = null;
        var earlier = new Thread(() =>
        {
            if (added.Wait(TimeSpan.FromSeconds(30)))
            {
                seenByEarlier = Errors();
            }
        });
        earlier.Start();
        OnAThreadOfItsOwn(() =>
        {
            KeyRing.AddToProcess("user", _name, "x"u8);
            OnAThreadOfItsOwn(() => Assert.Equal("x", Find()));
        });
        added.Set();
        Assert.True(earlier.Join(TimeSpan.FromSeconds(30)));

        Assert.Equal(NoSuchKey, seenByEarlier);
    }

    [Fact]
    public void A_type_the_kernel_lacks_is_ENODEV_and_the_message_tells_neither_name_nor_secret()
    {
        OnAThreadOfItsOwn(() =>
        {
            var e = Assert.Throws<LinuxException>(() => KeyRing.AddToProcess("cephrbd-none", _name, "geheim"u8));

            Assert.Equal(("add_key", Errno.NoSuchDevice), (e.Call, e.Errno));
            Assert.DoesNotContain("geheim", e.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(_name, e.ToString(), StringComparison.Ordinal);
        });
    }

    private static nint KeyControl => SyscallNumbers.IsArm64 ? 219 : 250;

    private int Errors()
    {
        try
        {
            Find();
            return 0;
        }
        catch (LinuxException e)
        {
            return e.Errno;
        }
    }

    private unsafe string Find()
    {
        var buffer = new byte[64];
        fixed (byte* type = "user\0"u8, name = Encoding.ASCII.GetBytes(_name + '\0'), payload = buffer)
        {
            var id = Libc.Syscall(KeyControl, Search, ProcessKeyring, (nint)type, (nint)name, 0);
            var length = Libc.Syscall(KeyControl, Read, Check.NotNegative((int)id, "keyctl"), (nint)payload, buffer.Length);
            return Encoding.ASCII.GetString(buffer, 0, Check.NotNegative((int)length, "keyctl"));
        }
    }

    /// <summary>The keyring made for a test's thread goes with it: the runner's threads never have one that others would inherit.</summary>
    private static void OnAThreadOfItsOwn(Action body)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(body));
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "the thread did not end");
        Assert.Null(failure);
    }
}
