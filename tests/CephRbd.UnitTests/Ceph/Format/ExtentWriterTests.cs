using CephRbd.Driver.Ceph.Format;
using Run = CephRbd.Driver.Ceph.Format.ExtentWriter.Run;

namespace CephRbd.UnitTests.Ceph.Format;

public class ExtentWriterTests
{
    private const ulong K = 1 << 10;
    private const ulong Object = 4 << 20;

    [Fact]
    public void The_first_unit_is_left_for_last() =>
        Assert.Equal([new Run(64 * K, 36 * K)], ExtentWriter.Chunks([(0, 100 << 10)], Object, 64 * K));

    [Fact]
    public void An_extent_within_the_first_unit_has_no_chunk() =>
        Assert.Empty(ExtentWriter.Chunks([(0, 4096), (8192, 4096)], Object, 64 * K));

    [Fact]
    public void Chunks_end_at_object_borders() =>
        Assert.Equal(
            [new Run(Object, Object), new Run(2 * Object, Object), new Run(3 * Object, K)],
            ExtentWriter.Chunks([(0, (long)((3 * Object) + K))], Object, Object));

    [Fact]
    public void Behind_a_stripe_unit_the_rest_of_the_first_object_is_a_chunk() =>
        Assert.Equal(
            [new Run(64 * K, Object - (64 * K)), new Run(Object, Object)],
            ExtentWriter.Chunks([(0, (long)(2 * Object))], Object, 64 * K));

    [Fact]
    public void Two_extents_never_share_a_chunk() =>
        Assert.Equal(
            [new Run((2 * Object) - K, K), new Run(2 * Object, K)],
            ExtentWriter.Chunks([((long)((2 * Object) - K), (long)K), ((long)(2 * Object), (long)K)], Object, Object));

    [Fact]
    public void Zeros_have_no_runs() => Assert.Empty(ExtentWriter.FindRuns(new byte[Object], Object));

    [Fact]
    public void A_run_is_whole_blocks() => Assert.Equal([new Run(Object + 4096, 8192)], Runs(Object, (int)Object, (8191, 2)));

    [Fact]
    public void A_gap_up_to_the_bridge_joins_and_a_longer_one_parts()
    {
        Assert.Equal([new Run(Object, 40960)], Runs(Object, (int)Object, (0, 1), (36 << 10, 1)));
        Assert.Equal([new Run(Object, 4096), new Run(Object + 40960, 4096)], Runs(Object, (int)Object, (0, 1), (40 << 10, 1)));
    }

    [Fact]
    public void Blocks_are_those_of_the_image_even_when_a_chunk_begins_within_one() =>
        Assert.Equal([new Run(4096, 4096)], Runs(1000, 9000, (4000, 1)));

    [Fact]
    public void A_chunk_that_ends_within_a_block_ends_its_run() =>
        Assert.Equal([new Run(4096, 904)], Runs(0, 5000, (4999, 1)));

    [Fact]
    public void Every_byte_that_is_not_zero_is_in_one_run_of_one_object()
    {
        const int Size = 1 << 20;
        const ulong Small = 64 * K;
        const ulong FirstUnit = 16 * K;
        var random = new Random(4711);
        for (int round = 0; round < 20; round++)
        {
            byte[] file = new byte[Size];
            foreach (int _ in Enumerable.Range(0, 40))
            {
                int length = random.Next(1, 9000);
                file.AsSpan(random.Next(Size - length), length).Fill(1);
            }

            Run[] runs = ExtentWriter.Chunks([(0, Size / 2), (Size / 2, Size / 2)], Small, FirstUnit)
                .SelectMany(chunk => ExtentWriter.FindRuns(file.AsSpan((int)chunk.Offset, (int)chunk.Length), chunk.Offset)).ToArray();
            Assert.All(runs, run => Assert.Equal(run.Offset / Small, (run.Offset + run.Length - 1) / Small));
            Assert.All(runs, run => Assert.True(run.Offset >= FirstUnit));
            byte[] written = new byte[Size];
            foreach (Run run in runs)
            {
                file.AsSpan((int)run.Offset, (int)run.Length).CopyTo(written.AsSpan((int)run.Offset));
            }

            Assert.Equal(file[(int)FirstUnit..], written[(int)FirstUnit..]);
            Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.Offset + pair.First.Length <= pair.Second.Offset));
        }
    }

    private static IReadOnlyList<Run> Runs(ulong offset, int length, params (int At, int Length)[] data)
    {
        byte[] chunk = new byte[length];
        foreach ((int at, int count) in data)
        {
            chunk.AsSpan(at, count).Fill(1);
        }

        return ExtentWriter.FindRuns(chunk, offset);
    }

    [Fact]
    public void The_beginning_goes_in_one_piece_where_one_object_holds_it()
    {
        byte[] data = new byte[128 << 10];
        data[1080] = 0x53;
        data[70000] = 1;
        Assert.Equal([new ExtentWriter.Run(0, 70001)], ExtentWriter.SuperblockLast(data, 4 << 20));
    }

    [Fact]
    public void With_small_objects_the_lowest_piece_of_data_goes_last()
    {
        byte[] data = new byte[128 << 10];
        data[(64 << 10) + 64] = 0x5f;
        data[100 << 10] = 1;
        Assert.Equal(
            [new ExtentWriter.Run(96 << 10, (4 << 10) + 1), new ExtentWriter.Run(64 << 10, 65)],
            ExtentWriter.SuperblockLast(data, 32 << 10));
    }

    [Fact]
    public void A_beginning_of_zeros_is_not_written() => Assert.Empty(ExtentWriter.SuperblockLast(new byte[128 << 10], 4096));
}
