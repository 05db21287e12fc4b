using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Blkid;
using CephRbd.Native.Linux;
using CephRbd.Native.Rbd;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>How much of an image has to be zero for it to be called blank. Whatever is not zero is always judged by all of both ends.</summary>
internal enum InspectionDepth
{
    /// <summary>Where superblocks stand: enough for an image that this call created, and nobody formatted meanwhile.</summary>
    Glance,

    /// <summary>Both ends: enough to know that a closer look is needed.</summary>
    Ends,

    /// <summary>Everything, as far as can be asked: before an image is formatted that somebody else created.</summary>
    Proof,
}

/// <summary>
/// Says what an image holds without any block device: its head and tail are read through librbd into a sparse
/// stand-in file in memory of the image's size, and libblkid judges that.
/// </summary>
internal static class ImageInspector
{
    /// <summary>
    /// How much of the head is read, in bytes: libblkid (2.38, measured) looks at the first 4 MiB and a sector. Data
    /// without a signature that starts later is found by <see cref="BlankProof"/>.
    /// </summary>
    public const ulong HeadBytes = (4 << 20) + (64 << 10);

    /// <summary>How much of the tail is read, in bytes; libblkid looks at the last 1.5 MiB: RAID superblocks, GPT's backup, ZFS labels stand there.</summary>
    public const ulong TailBytes = 2 << 20;

    /// <summary>
    /// How much of each end is read first, in bytes. The superblocks of the file systems that are asked for lie within
    /// it: a volume that was mounted before is known by this little, and over a slow network more would be most of a
    /// mount's time. It only ever says "this file system, leave it"; what leads to a format is judged by both ends.
    /// </summary>
    public const ulong GlanceBytes = 128 << 10;

    /// <summary>Reads and judges.</summary>
    /// <param name="image">Open; read-only is enough.</param>
    /// <param name="info">Its measures.</param>
    /// <param name="depth">How much has to be zero for blank.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    /// <param name="meanwhile">
    /// Done while the first bytes are on their way. They may be older than it then; but a file system that is seen stays
    /// one, and whatever else is seen is looked at again afterwards.
    /// </param>
    /// <exception cref="CephException">The image cannot be read: that is never taken for blank.</exception>
    public static Contents Inspect(RbdImage image, RbdImageInfo info, InspectionDepth depth, Steps steps, Action? meanwhile = null)
    {
        if (info.SizeBytes == 0)
        {
            meanwhile?.Invoke();
            return new Contents(ContentsKind.Data, "nothing at all: its size is 0");
        }

        using SafeFileHandle standIn = Files.CreateMemory("cephrbd-probe");
        Files.SetLength(standIn, (long)info.SizeBytes);
        (Contents contents, ulong? firstByte) = Look(image, standIn, Window.Of(info.SizeBytes, GlanceBytes, GlanceBytes), steps, meanwhile);
        if (contents.Kind == ContentsKind.FileSystem)
        {
            return contents;
        }

        if (depth == InspectionDepth.Glance && firstByte is null)
        {
            return new Contents(ContentsKind.Blank, "nothing but zeros where a superblock would be");
        }

        (contents, firstByte) = Look(image, standIn, Window.Of(info.SizeBytes, HeadBytes, TailBytes), steps);
        return contents.Kind != ContentsKind.Unknown ? contents
            : firstByte is { } offset ? new Contents(ContentsKind.Unknown, $"non-zero data at byte {offset}, but no known signature")
            : depth == InspectionDepth.Proof ? steps.Run("look for data in between", () => BlankProof.Find(image, info, steps.Deadline))
            : new Contents(ContentsKind.Blank, "nothing but zeros in head and tail");
    }

    // What libblkid says of a window, and where the first byte stands in it that is not zero.
    private static (Contents Contents, ulong? FirstByte) Look(RbdImage image, SafeFileHandle standIn, Window window, Steps steps, Action? meanwhile = null)
    {
        using var head = new NativeBuffer(checked((int)window.HeadEnd));
        using var tail = new NativeBuffer(checked((int)(window.Size - window.TailStart)));
        using (var batch = new RbdAioBatch(image, window: 64, steps.Deadline.Token))
        {
            Read(batch, 0, head);
            Read(batch, window.TailStart, tail);
            meanwhile?.Invoke();
            steps.Run($"read {head.Length >> 10} KiB of the head and {tail.Length >> 10} KiB of the tail", batch.Drain);
        }

        return steps.Run("look for signatures", () =>
        {
            ulong? first = Copy(head.Span, 0, standIn);
            ulong? firstInTail = Copy(tail.Span, window.TailStart, standIn);
            ulong? any = first ?? firstInTail;

            // Where every byte is zero libblkid has nothing to look at, and need not even be loaded.
            return (any is null ? new Contents(ContentsKind.Unknown, "no known signature") : Contents.Of(SignatureProbe.Probe(standIn, (long)window.Size)), any);
        });
    }

    // One read a MiB: they run at the same time, and an object that does not exist costs no transfer.
    private static unsafe void Read(RbdAioBatch batch, ulong offset, NativeBuffer buffer)
    {
        const int Piece = 1 << 20;
        for (int at = 0; at < buffer.Length; at += Piece)
        {
            batch.Read(offset + (ulong)at, buffer.Pointer + at, (nuint)Math.Min(Piece, buffer.Length - at));
        }
    }

    // Zeros are there already: the stand-in file is sparse.
    private static ulong? Copy(ReadOnlySpan<byte> data, ulong offset, SafeFileHandle standIn)
    {
        const int Piece = 64 << 10;
        ulong? first = null;
        for (int at = 0; at < data.Length; at += Piece)
        {
            ReadOnlySpan<byte> piece = data.Slice(at, Math.Min(Piece, data.Length - at));
            int nonZero = piece.IndexOfAnyExcept((byte)0);
            if (nonZero >= 0)
            {
                first ??= offset + (ulong)(at + nonZero);
                RandomAccess.Write(standIn, piece, (long)offset + at);
            }
        }

        return first;
    }

    /// <summary>Head and tail of an image; in a small one the tail begins where the head ends.</summary>
    private readonly record struct Window(ulong Size, ulong HeadEnd, ulong TailStart)
    {
        public static Window Of(ulong size, ulong head, ulong tail)
        {
            ulong headEnd = Math.Min(head, size);
            return new Window(size, headEnd, Math.Max(headEnd, size - Math.Min(tail, size)));
        }
    }
}
