using CephRbd.Native;

namespace CephRbd.UnitTests.Native;

public class GrowingBufferTests
{
    [Fact]
    public void The_buffer_grows_to_the_size_asked_for()
    {
        List<int> sizes = [];

        string? text = GrowingBuffer.Fill(
            "call",
            null,
            4,
            (Span<byte> buffer, ref nuint needed) =>
            {
                sizes.Add(buffer.Length);
                needed = 6;
                return buffer.Length < 6 ? -Errno.Range : Put(buffer, "hello\0"u8);
            },
            (buffer, _) => NativeText.UpToNul(buffer));

        Assert.Equal("hello", text);
        Assert.Equal([4, 6], sizes);
    }

    [Fact]
    public void The_buffer_doubles_where_no_size_is_told()
    {
        List<int> sizes = [];

        int length = GrowingBuffer.Fill(
            "call",
            null,
            4,
            (Span<byte> buffer, ref nuint _) =>
            {
                sizes.Add(buffer.Length);
                return buffer.Length < 16 ? -Errno.Range : buffer.Length;
            },
            (_, result) => result);

        Assert.Equal(16, length);
        Assert.Equal([4, 8, 16], sizes);
    }

    [Fact]
    public void An_answer_that_never_fits_is_an_error_in_the_end()
    {
        CephException error = Assert.Throws<CephException>(() => GrowingBuffer.Fill(
            "call", "thing", 1, (Span<byte> _, ref nuint _) => -Errno.Range, (_, result) => result));

        Assert.Equal(Errno.Range, error.Errno);
    }

    [Fact]
    public void Absence_is_an_answer_only_where_it_is_asked_for()
    {
        GrowingBuffer.Call absent = (Span<byte> _, ref nuint _) => -Errno.NoEntry;

        Assert.Null(GrowingBuffer.Fill("call", null, 1, absent, (_, _) => "x", absentIsDefault: true));
        Assert.Equal(
            Errno.NoEntry,
            Assert.Throws<CephException>(() => GrowingBuffer.Fill("call", null, 1, absent, (_, _) => "x")).Errno);
    }

    private static nint Put(Span<byte> buffer, ReadOnlySpan<byte> content)
    {
        content.CopyTo(buffer);
        return content.Length;
    }
}
