using System.Runtime.InteropServices;
using CephRbd.Native;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Native;

public sealed unsafe class AioBatchTests : LabTest
{
    private readonly byte* _buffer = (byte*)NativeMemory.AllocZeroed(16 << 20);

    public AioBatchTests(LabFixture lab)
        : base(lab)
    {
    }

    protected override void Release() => NativeMemory.Free(_buffer);

    private Span<byte> Bytes => new(_buffer, 16 << 20);

    [Fact]
    public void A_thousand_operations_go_through_a_window_of_eight()
    {
        const int Step = 8192;
        using RbdImage image = RbdImage.Open(Pool, CreateImage(16 * MiB), readOnly: false);
        byte[] expected = new byte[1000 * Step];
        new Random(7).NextBytes(expected);
        expected.CopyTo(Bytes);

        using RbdAioBatch batch = new(image, 8);
        for (int i = 0; i < 1000; i++)
        {
            batch.Write((ulong)(i * Step), _buffer + (i * Step), Step);
            Assert.InRange(batch.InFlight, 1, 8);
        }

        batch.Drain();
        Assert.Equal(0, batch.InFlight);
        image.Flush();

        Bytes.Clear();
        for (int i = 0; i < 1000; i++)
        {
            batch.Read((ulong)(i * Step), _buffer + (i * Step), Step);
        }

        batch.Drain();
        Assert.True(Bytes[..expected.Length].SequenceEqual(expected));
    }

    [Fact]
    public void Discarded_objects_read_as_zeros()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(16 * MiB), readOnly: false);
        Bytes.Fill(0xee);
        using RbdAioBatch batch = new(image, 4);
        batch.Write(0, _buffer, (nuint)(12 * MiB));
        batch.Drain();
        batch.Discard(4 * MiB, 4 * MiB);
        batch.Drain();

        batch.Read(0, _buffer, (nuint)(12 * MiB));
        batch.Drain();

        Assert.Equal(-1, Bytes[..(4 << 20)].IndexOfAnyExcept((byte)0xee));
        Assert.Equal(-1, Bytes.Slice(4 << 20, 4 << 20).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, Bytes.Slice(8 << 20, 4 << 20).IndexOfAnyExcept((byte)0xee));
        List<ulong> offsets = [];
        image.DiffExtents(0, 16 * MiB, true, (offset, _, _) =>
        {
            offsets.Add(offset);
            return true;
        });
        Assert.DoesNotContain(4 * MiB, offsets);
    }

    [Fact]
    public void The_first_failure_is_thrown_when_nothing_is_in_flight_any_more()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: false);
        using RbdAioBatch batch = new(image, 4);
        CephException error = Assert.Throws<CephException>(() =>
        {
            batch.Write(4 * MiB, _buffer, 512);
            for (int i = 0; i < 100; i++)
            {
                batch.Write(0, _buffer, 512);
            }
        });

        Assert.Equal(("rbd_aio_write", Errno.Invalid), (error.Call, error.Errno));
        Assert.Equal(0, batch.InFlight);
        batch.Write(0, _buffer, 512);
        batch.Drain();
    }

    [Fact]
    public void Drain_throws_what_failed()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: true);
        using RbdAioBatch batch = new(image, 4);
        Assert.Equal(
            Errno.ReadOnly,
            ErrnoOf(() =>
            {
                batch.Write(0, _buffer, 512);
                batch.Drain();
            }));
        batch.Drain();
    }

    [Theory]
    [InlineData(-512L)]
    [InlineData(0L)]
    [InlineData(4096L)]
    public void Reads_past_the_end_fail(long beyond)
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: true);
        using RbdAioBatch batch = new(image, 2);
        Assert.Equal(
            Errno.Invalid,
            ErrnoOf(() =>
            {
                batch.Read((ulong)((long)MiB + beyond), _buffer, 4096);
                batch.Drain();
            }));
    }

    [Fact]
    public void A_cancelled_batch_starts_nothing_more()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: false);
        using CancellationTokenSource source = new();
        using RbdAioBatch batch = new(image, 4, source.Token);
        batch.Write(0, _buffer, 512);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => batch.Write(512, _buffer, 512));
        Assert.Equal(1, batch.InFlight);
        batch.Drain();
    }

    [Fact]
    public void A_batch_keeps_its_image_open_until_it_is_disposed_of()
    {
        RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: false);
        RbdAioBatch batch = new(image, 4);
        batch.Write(0, _buffer, 512);
        image.Dispose();
        Assert.Null(image.LastCloseResult);
        batch.Dispose();
        batch.Dispose();
        Assert.Equal(0, image.LastCloseResult);
        Assert.Throws<ObjectDisposedException>(() => batch.Write(0, _buffer, 512));
    }
}
