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
    /// signatures; data without a signature that starts later is found by <see cref="BlankProof"/>.
    /// </summary>
    public const ulong HeadBytes = 2304 << 10;

    /// <summary>How much of the tail is read, in bytes: RAID superblocks, GPT's backup, ZFS labels stand there.</summary>
    public const ulong TailBytes = 1 << 20;

    /// <summary>Reads and judges.</summary>
    /// <param name="image">Open; read-only is enough.</param>
    /// <param name="info">Its measures.</param>
    /// <param name="proveBlank">With a zero head and tail, also look for data in between; else that is taken for blank.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    /// <exception cref="Native.CephException">The image cannot be read: that is never taken for blank.</exception>
    public static unsafe Contents Inspect(RbdImage image, RbdImageInfo info, bool proveBlank, Steps steps)
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
            : proveBlank ? steps.Run("look for data in between", () => BlankProof.Find(image, info, steps.Deadline))
            : new Contents(ContentsKind.Blank, "nothing but zeros in head and tail");
    }

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
}
