using CephRbd.Driver.Volumes;
using CephRbd.Native.Blkid;
using CephRbd.Native.Linux;
using CephRbd.Native.Rbd;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Driver.Ceph.Format;

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
    /// How much of each end is read first, in bytes. Every file system's superblock lies within it: a volume that was
    /// mounted before is known by this little, and over a slow network that is most of a mount's time. It only ever
    /// says "this file system, leave it"; whatever leads to a format is judged by all of head and tail.
    /// </summary>
    public const ulong GlanceBytes = 320 << 10;

    /// <summary>Reads and judges.</summary>
    /// <param name="image">Open; read-only is enough.</param>
    /// <param name="info">Its measures.</param>
    /// <param name="proveBlank">With a zero head and tail, also look for data in between; else that is taken for blank.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    /// <exception cref="Native.CephException">The image cannot be read: that is never taken for blank.</exception>
    public static unsafe Contents Inspect(RbdImage image, RbdImageInfo info, bool proveBlank, Steps steps)
    {
        if (info.SizeBytes == 0)
        {
            return new Contents(ContentsKind.Data, "nothing at all: its size is 0");
        }

        using SafeFileHandle standIn = Files.CreateMemory("cephrbd-probe");
        Files.SetLength(standIn, (long)info.SizeBytes);
        using MappedFile map = Files.Map(standIn, (long)info.SizeBytes, writable: true);
        Window glance = Window.Of(info.SizeBytes, GlanceBytes, GlanceBytes);
        Contents contents = Look(image, map, standIn, glance, steps);
        if (contents.Kind == ContentsKind.FileSystem)
        {
            return contents;
        }

        Window whole = Window.Of(info.SizeBytes, HeadBytes, TailBytes);
        contents = Look(image, map, standIn, whole, steps);
        if (contents.Kind != ContentsKind.Unknown)
        {
            return contents;
        }

        return FirstNonZero(map.Pointer, 0, whole.HeadEnd) is { } inHead ? Bytes(inHead)
            : FirstNonZero(map.Pointer, whole.TailStart, info.SizeBytes) is { } inTail ? Bytes(inTail)
            : proveBlank ? steps.Run("look for data in between", () => BlankProof.Find(image, info, steps.Deadline))
            : new Contents(ContentsKind.Blank, "nothing but zeros in head and tail");
    }

    private static unsafe Contents Look(RbdImage image, MappedFile map, SafeFileHandle standIn, Window window, Steps steps)
    {
        steps.Run($"read {window.HeadEnd >> 10} KiB of the head and {(window.Size - window.TailStart) >> 10} KiB of the tail", () =>
        {
            using var batch = new RbdAioBatch(image, window: 64, steps.Deadline.Token);
            ReadRange(batch, map.Pointer, 0, window.HeadEnd);
            ReadRange(batch, map.Pointer, window.TailStart, window.Size);
            batch.Drain();
        });
        return steps.Run("look for signatures", () => Contents.Of(SignatureProbe.Probe(standIn, (long)window.Size)));
    }

    private static Contents Bytes(ulong offset) =>
        new(ContentsKind.Unknown, $"non-zero data at byte {offset}, but no known signature");

    // One read a MiB: they run at the same time, and an object that does not exist costs no transfer.
    private static unsafe void ReadRange(RbdAioBatch batch, byte* memory, ulong offset, ulong end)
    {
        const ulong Piece = 1 << 20;
        while (offset < end)
        {
            ulong piece = Math.Min(Piece - (offset % Piece), end - offset);
            batch.Read(offset, memory + offset, (nuint)piece);
            offset += piece;
        }
    }

    private static unsafe ulong? FirstNonZero(byte* memory, ulong offset, ulong end)
    {
        int at = new ReadOnlySpan<byte>(memory + offset, checked((int)(end - offset))).IndexOfAnyExcept((byte)0);
        return at < 0 ? null : offset + (ulong)at;
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
