using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using CephRbd.Native.Rbd;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// Brings a file system from a sparse file into a blank image: only the bytes that are not zero, many at a time, and
/// the beginning of the image, where the superblock stands, last and in one write.
/// </summary>
internal static class ExtentWriter
{
    /// <summary>The grain in which zeros are left out, in bytes: the smallest block of the file systems of today.</summary>
    private const int Block = 4096;

    /// <summary>Two runs of data closer than this, in bytes, go in one write: a zero byte costs less than a request.</summary>
    private const ulong Bridge = 32 << 10;

    /// <summary>One stretch of the file that goes in one write; it never crosses an object's border.</summary>
    internal readonly record struct Run(ulong Offset, ulong Length);

    /// <summary>Writes all, and flushes before and after the beginning.</summary>
    /// <param name="image">Open for writing, and blank.</param>
    /// <param name="file">The file system, of the image's size.</param>
    /// <param name="info">The image's size and object size.</param>
    /// <param name="firstUnit">How many bytes at the beginning lie in one object in one piece: object size, or stripe unit.</param>
    /// <param name="parallel">How many writes may be under way.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    /// <exception cref="Native.CephException">A write failed; the mark stays and the format is made again.</exception>
    public static unsafe void Write(RbdImage image, SafeFileHandle file, RbdImageInfo info, ulong firstUnit, int parallel, Steps steps)
    {
        using MappedFile map = Files.Map(file, (long)info.SizeBytes, writable: false);
        IReadOnlyList<Run> runs = steps.Run("find the file system's data", () => FindRuns(
            Files.DataExtents(file, (long)info.SizeBytes), map, info.ObjectSizeBytes, firstUnit, steps.Deadline));
        Run[] beginning = runs.Where(run => run.Offset < firstUnit).ToArray();
        steps.Run($"write {runs.Count - beginning.Length} extents", () =>
        {
            using var batch = new RbdAioBatch(image, parallel);
            foreach (Run run in runs.Skip(beginning.Length))
            {
                steps.Deadline.Check();
                batch.Write(run.Offset, map.Pointer + run.Offset, (nuint)run.Length);
            }

            batch.Drain();
            image.Flush();
        });
        steps.Run("write the superblock's object", () =>
        {
            if (beginning.Length > 0)
            {
                // One operation on one object: it is there whole or not at all.
                ulong end = beginning[^1].Offset + beginning[^1].Length;
                image.Write(0, new ReadOnlySpan<byte>(map.Pointer, checked((int)end)));
            }

            image.Flush();
        });
    }

    /// <summary>The runs of non-zero blocks in the file's data extents, cut at object borders and at the first unit's end.</summary>
    internal static unsafe IReadOnlyList<Run> FindRuns(
        IEnumerable<(long Offset, long Length)> extents, MappedFile map, ulong objectSize, ulong firstUnit, Deadline deadline)
    {
        var runs = new List<Run>();
        foreach ((long start, long length) in extents)
        {
            ulong end = (ulong)start + (ulong)length;
            for (ulong at = (ulong)start; at < end;)
            {
                deadline.Check();
                (ulong first, ulong border) = at < firstUnit
                    ? (0, firstUnit)
                    : (Math.Max(firstUnit, at / objectSize * objectSize), (at / objectSize + 1) * objectSize);
                ulong stop = Math.Min(end, border);
                AddRuns(runs, map.Pointer, at, stop, first);
                at = stop;
            }
        }

        return runs;
    }

    private static unsafe void AddRuns(List<Run> runs, byte* memory, ulong start, ulong stop, ulong objectStart)
    {
        for (ulong at = start; at < stop;)
        {
            int length = (int)Math.Min(Block - (at % Block), stop - at);
            var block = new ReadOnlySpan<byte>(memory + at, length);
            if (block.IndexOfAnyExcept((byte)0) >= 0)
            {
                if (runs.Count > 0 && runs[^1] is var last && last.Offset >= objectStart && at - (last.Offset + last.Length) <= Bridge)
                {
                    runs[^1] = last with { Length = at + (ulong)length - last.Offset };
                }
                else
                {
                    runs.Add(new Run(at, (ulong)length));
                }
            }

            at += (ulong)length;
        }
    }
}
