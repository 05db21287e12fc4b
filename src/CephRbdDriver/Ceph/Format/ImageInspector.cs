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
    /// How much of the head is read, in bytes. libblkid looks no further than this for anything but the tail's
    /// signatures; a data structure that starts later still shows in the object map.
    /// </summary>
    public const ulong HeadBytes = 2304 << 10;

    /// <summary>How much of the tail is read, in bytes: RAID superblocks, GPT's backup, ZFS labels stand there.</summary>
    public const ulong TailBytes = 1 << 20;

    private const ulong FastDiffFeature = 16;

    /// <summary>Reads and judges.</summary>
    /// <exception cref="Native.CephException">The image cannot be read: that is never taken for blank.</exception>
    public static unsafe Contents Inspect(RbdImage image, RbdImageInfo info, Steps steps)
    {
        ulong head = Math.Min(HeadBytes, info.SizeBytes);
        ulong tailStart = Math.Max(head, info.SizeBytes - Math.Min(TailBytes, info.SizeBytes));
        ulong tail = info.SizeBytes - tailStart;
        using SafeFileHandle standIn = Files.CreateMemory("cephrbd-probe");
        Files.SetLength(standIn, (long)info.SizeBytes);
        if (info.SizeBytes == 0)
        {
            return new Contents(ContentsKind.Data, "nothing at all: its size is 0");
        }

        using MappedFile map = Files.Map(standIn, (long)info.SizeBytes, writable: true);
        steps.Run("read head and tail", () =>
        {
            using var batch = new RbdAioBatch(image, window: 64);
            ReadRange(batch, map.Pointer, 0, head);
            ReadRange(batch, map.Pointer, tailStart, tail);
            batch.Drain();
        });
        Contents contents = steps.Run("look for signatures", () => Contents.Of(SignatureProbe.Probe(standIn, (long)info.SizeBytes)));
        if (contents.Kind != ContentsKind.Unknown)
        {
            return contents;
        }

        return FirstNonZero(map.Pointer, 0, head) is { } inHead ? Bytes(inHead)
            : FirstNonZero(map.Pointer, tailStart, tail) is { } inTail ? Bytes(inTail)
            : steps.Run("ask the object map", () => FirstObject(image, info)) is { } inside ? new Contents(
                ContentsKind.Unknown, $"data at byte {inside}, though its head and tail are zero")
            : new Contents(ContentsKind.Blank, "nothing but zeros");
    }

    /// <summary>Whether the image can tell its existing objects without asking for each one.</summary>
    public static bool HasFastDiff(RbdImage image) =>
        (image.Features & FastDiffFeature) != 0
        && (image.Flags & (RbdImage.ObjectMapInvalid | RbdImage.FastDiffInvalid)) == 0;

    private static Contents Bytes(ulong offset) =>
        new(ContentsKind.Unknown, $"non-zero data at byte {offset}, but no known signature");

    // One read a MiB: they run at the same time, and an object that does not exist costs no transfer.
    private static unsafe void ReadRange(RbdAioBatch batch, byte* memory, ulong offset, ulong length)
    {
        const ulong Piece = 1 << 20;
        for (ulong end = offset + length; offset < end;)
        {
            ulong piece = Math.Min(Piece - (offset % Piece), end - offset);
            batch.Read(offset, memory + offset, (nuint)piece);
            offset += piece;
        }
    }

    private static unsafe ulong? FirstNonZero(byte* memory, ulong offset, ulong length)
    {
        int at = new ReadOnlySpan<byte>(memory + offset, checked((int)length)).IndexOfAnyExcept((byte)0);
        return at < 0 ? null : offset + (ulong)at;
    }

    // The head may exist as an object of zeros (a trimmed or wiped one); that is still blank. Anything behind what
    // was read counts. Without fast-diff this would ask for every object of the image, and is left out.
    private static ulong? FirstObject(RbdImage image, RbdImageInfo info)
    {
        if (!HasFastDiff(image))
        {
            return null;
        }

        ulong? found = null;
        ulong readUpTo = info.ObjectSizeBytes * ((HeadBytes + info.ObjectSizeBytes - 1) / info.ObjectSizeBytes);
        ulong readAgainFrom = info.SizeBytes - Math.Min(TailBytes, info.SizeBytes);
        image.DiffExtents(0, info.SizeBytes, wholeObject: true, (offset, _, exists) =>
        {
            bool behindHead = offset >= readUpTo && offset < readAgainFrom;
            found = exists && behindHead ? offset : null;
            return found is null;
        });
        return found;
    }
}
