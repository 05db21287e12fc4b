using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Linux;
using CephRbd.Native.Rbd;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// Brings a file system from a sparse file into a blank image: only the bytes that are not zero, many at a time, and
/// the beginning of the image last, so that a superblock that shows is the sign of a whole file system.
/// </summary>
internal static class ExtentWriter
{
    /// <summary>The grain in which zeros are left out, in bytes: the smallest block of the file systems of today.</summary>
    private const int Block = 4096;

    /// <summary>Two runs of data closer than this, in bytes, go in one write: a zero byte costs less than a request.</summary>
    private const ulong Bridge = 32 << 10;

    /// <summary>One stretch of the file that goes in one write; it never crosses an object's border.</summary>
    internal readonly record struct Run(ulong Offset, ulong Length);

    /// <summary>
    /// Every superblock stands before this byte: ext and XFS have theirs at the very beginning, btrfs at 64 KiB with
    /// nothing before it. So the lowest piece of data below is the one that holds it.
    /// </summary>
    internal const ulong Beginning = 128 << 10;

    /// <summary>The beginning goes in pieces of this many bytes, or of a stripe unit if that is less: one operation each.</summary>
    internal const ulong Piece = 64 << 10;

    /// <summary>How much of the file is in memory at a time, in bytes; no less than an object.</summary>
    private const int Room = 8 << 20;

    /// <summary>Writes all, and flushes before and after the beginning.</summary>
    /// <param name="image">Open for writing, and blank.</param>
    /// <param name="file">The file system, of the image's size.</param>
    /// <param name="info">The image's size and object size.</param>
    /// <param name="unit">How many bytes lie in one object in one piece: object size, or stripe unit.</param>
    /// <param name="parallel">How many writes may be under way.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    /// <exception cref="CephException">A write failed; the mark stays and the format is made again.</exception>
    public static void Write(RbdImage image, SafeFileHandle file, RbdImageInfo info, ulong unit, int parallel, Steps steps)
    {
        using var room = new NativeBuffer(Math.Max(Room, checked((int)info.ObjectSizeBytes)));
        ulong beginning = Math.Min(Beginning, info.SizeBytes);
        steps.Run("write the file system's data", () =>
        {
            using var batch = new RbdAioBatch(image, parallel, steps.Deadline.Token);
            int used = 0;
            foreach (Run chunk in Chunks(Files.DataExtents(file, (long)info.SizeBytes), info.ObjectSizeBytes, beginning))
            {
                steps.Deadline.Check();
                if ((ulong)(room.Length - used) < chunk.Length)
                {
                    batch.Drain();
                    used = 0;
                }

                used += Send(batch, file, chunk, room, used);
            }

            batch.Drain();
            image.Flush();
        });
        steps.Run("write the superblock", () =>
        {
            Span<byte> data = room.Span[..(int)beginning];
            ReadFully(file, data, 0);
            foreach (Run piece in SuperblockLast(data, (int)Math.Min(unit, Piece)))
            {
                // One operation on one object: it is there whole or not at all; and it is there before the next.
                image.Write(piece.Offset, data.Slice((int)piece.Offset, (int)piece.Length));
                image.Flush();
            }
        });
    }

    /// <summary>The beginning's pieces that hold data, each up to its last byte that is not zero, the lowest last.</summary>
    internal static IReadOnlyList<Run> SuperblockLast(ReadOnlySpan<byte> beginning, int size)
    {
        var pieces = new List<Run>();
        for (int at = 0; at < beginning.Length; at += size)
        {
            int length = beginning.Slice(at, Math.Min(size, beginning.Length - at)).LastIndexOfAnyExcept((byte)0) + 1;
            if (length > 0)
            {
                pieces.Insert(0, new Run((ulong)at, (ulong)length));
            }
        }

        return pieces;
    }

    /// <summary>The file's data extents behind the beginning, cut at object borders.</summary>
    internal static IEnumerable<Run> Chunks(IEnumerable<(long Offset, long Length)> extents, ulong objectSize, ulong beginning)
    {
        foreach ((long start, long length) in extents)
        {
            ulong end = (ulong)(start + length);
            for (ulong at = Math.Max((ulong)start, beginning); at < end;)
            {
                ulong stop = Math.Min(end, ((at / objectSize) + 1) * objectSize);
                yield return new Run(at, stop - at);
                at = stop;
            }
        }
    }

    /// <summary>The runs of non-zero blocks in a chunk.</summary>
    /// <param name="data">The chunk's bytes.</param>
    /// <param name="offset">Where the chunk stands in the image, in bytes.</param>
    internal static IReadOnlyList<Run> FindRuns(ReadOnlySpan<byte> data, ulong offset)
    {
        var runs = new List<Run>();
        for (int at = 0; at < data.Length;)
        {
            int length = (int)Math.Min(Block - ((offset + (ulong)at) % Block), (ulong)(data.Length - at));
            if (data.Slice(at, length).ContainsAnyExcept((byte)0))
            {
                ulong start = offset + (ulong)at;
                if (runs.Count > 0 && runs[^1] is var last && start - (last.Offset + last.Length) <= Bridge)
                {
                    runs[^1] = last with { Length = start + (ulong)length - last.Offset };
                }
                else
                {
                    runs.Add(new Run(start, (ulong)length));
                }
            }

            at += length;
        }

        return runs;
    }

    // How much of the room the chunk takes; a chunk of zeros (a log that mkfs cleared) takes none.
    private static unsafe int Send(RbdAioBatch batch, SafeFileHandle file, Run chunk, NativeBuffer room, int used)
    {
        Span<byte> data = room.Span.Slice(used, (int)chunk.Length);
        ReadFully(file, data, chunk.Offset);
        IReadOnlyList<Run> runs = FindRuns(data, chunk.Offset);
        foreach (Run run in runs)
        {
            batch.Write(run.Offset, room.Pointer + used + (run.Offset - chunk.Offset), (nuint)run.Length);
        }

        return runs.Count > 0 ? data.Length : 0;
    }

    private static void ReadFully(SafeFileHandle file, Span<byte> data, ulong offset)
    {
        for (int done = 0; done < data.Length;)
        {
            int read = RandomAccess.Read(file, data[done..], (long)offset + done);
            if (read == 0)
            {
                throw new IOException("the scratch file ended early");
            }

            done += read;
        }
    }
}
