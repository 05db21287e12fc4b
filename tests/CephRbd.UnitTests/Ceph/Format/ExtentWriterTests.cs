using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.UnitTests.Ceph.Format;

public class ExtentWriterTests
{
    private const ulong K = 1 << 10;
    private const ulong Object = 4 << 20;

    [Fact]
    public void An_empty_file_has_no_runs() => Assert.Empty(Runs(Object, Object, Object));

    [Fact]
    public void Zeros_in_a_data_extent_are_left_out() =>
        Assert.Equal(["0+4096", "524288+4096"], Runs(Object, Object, Object, [(0, Object)], (0, 1), (512 * K, 1)));

    [Fact]
    public void A_run_is_whole_blocks() =>
        Assert.Equal(["4096+8192"], Runs(Object, Object, Object, [(0, Object)], (8191, 2)));

    [Fact]
    public void A_gap_up_to_the_bridge_joins_and_a_longer_one_parts()
    {
        Assert.Equal(["0+40960"], Runs(Object, Object, Object, [(0, Object)], (0, 1), (36 * K, 1)));
        Assert.Equal(["0+4096", "40960+4096"], Runs(Object, Object, Object, [(0, Object)], (0, 1), (40 * K, 1)));
    }

    [Fact]
    public void Two_near_extents_join() =>
        Assert.Equal(["0+12288"], Runs(Object, Object, Object, [(0, 4 * K), (8 * K, 4 * K)], (0, 1), (8 * K, 1)));

    [Fact]
    public void No_run_crosses_an_objects_border() =>
        Assert.Equal(
            ["4190208+4096", "4194304+4096"],
            Runs(2 * Object, Object, Object, [(0, 2 * Object)], (Object - 1, 2)));

    [Fact]
    public void Runs_on_both_sides_of_a_border_do_not_join_over_zeros() =>
        Assert.Equal(
            ["4190208+4096", "4198400+4096"],
            Runs(2 * Object, Object, Object, [(0, 2 * Object)], (Object - 1, 1), (Object + (4 * K), 1)));

    [Fact]
    public void The_first_unit_ends_a_run_too() =>
        Assert.Equal(
            ["61440+4096", "65536+4096"],
            Runs(Object, Object, 64 * K, [(0, Object)], ((64 * K) - 1, 2)));

    [Fact]
    public void Extents_in_one_object_that_start_behind_its_border_do_not_join_across_it() =>
        Assert.Equal(
            ["4190208+4096", "4198400+4096"],
            Runs(2 * Object, Object, Object, [(Object - (4 * K), 4 * K), (Object + (4 * K), 4 * K)], (Object - 1, 1), (Object + (4 * K), 1)));

    [Fact]
    public void A_file_that_ends_within_a_block_is_read_to_its_end_only() =>
        Assert.Equal(["4096+904"], Runs(5000, Object, Object, [(0, 5000)], (4999, 1)));

    [Fact]
    public void All_bytes_that_are_not_zero_are_in_the_runs_and_no_run_crosses_a_border()
    {
        var random = new Random(4711);
        const ulong Size = 8 * Object / 16;
        const ulong Small = 64 * K;
        for (int round = 0; round < 20; round++)
        {
            (ulong At, int Length)[] data = Enumerable.Range(0, 40)
                .Select(_ => ((ulong)random.NextInt64(0, (long)Size - 9000), random.Next(1, 9000))).ToArray();
            var runs = Runs(Size, Small, 16 * K, [(0, Size)], data)
                .Select(run => run.Split('+')).Select(run => (Start: ulong.Parse(run[0], null), End: ulong.Parse(run[0], null) + ulong.Parse(run[1], null))).ToArray();
            Assert.All(runs, run => Assert.Equal(run.Start / Small, (run.End - 1) / Small));
            Assert.All(runs, run => Assert.False(run.Start < 16 * K && run.End > 16 * K));
            Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Start));
            foreach ((ulong at, int length) in data)
            {
                for (ulong i = at; i < at + (ulong)length; i++)
                {
                    Assert.Contains(runs, run => i >= run.Start && i < run.End);
                }
            }
        }
    }

    [Fact]
    public void A_call_that_must_end_does_not_go_on_looking()
    {
        using SafeFileHandle file = Files.CreateMemory("cephrbd-test");
        Files.SetLength(file, (long)Object);
        using MappedFile map = Files.Map(file, (long)Object, writable: true);
        using var deadline = new Deadline(TimeSpan.Zero);
        Assert.Throws<DeadlineException>(() => ExtentWriter.FindRuns([(0, (long)Object)], map, Object, Object, deadline));
    }

    private static string[] Runs(ulong size, ulong objectSize, ulong firstUnit, (ulong Offset, ulong Length)[]? extents = null, params (ulong At, int Length)[] data)
    {
        using SafeFileHandle file = Files.CreateMemory("cephrbd-test");
        Files.SetLength(file, (long)size);
        foreach ((ulong at, int length) in data)
        {
            byte[] ones = new byte[length];
            Array.Fill(ones, (byte)1);
            RandomAccess.Write(file, ones, (long)at);
        }

        using MappedFile map = Files.Map(file, (long)size, writable: false);
        using var deadline = new Deadline(TimeSpan.FromMinutes(1));
        return ExtentWriter.FindRuns((extents ?? []).Select(extent => ((long)extent.Offset, (long)extent.Length)), map, objectSize, firstUnit, deadline)
            .Select(run => $"{run.Offset}+{run.Length}").ToArray();
    }
}
