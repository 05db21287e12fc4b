using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// Before an image that somebody else created is formatted: whether it really holds nothing. A zero head and tail
/// are no proof (a database on a raw image may begin anywhere), so the cluster is asked which objects exist at all,
/// and those are read.
/// </summary>
internal static class BlankProof
{
    /// <summary>
    /// Objects whose existence is asked for one by one where the image has no fast-diff: 128 GiB of 4 MiB objects, a
    /// second or two, once in an image's life. Beyond that head and tail have to do.
    /// </summary>
    public const ulong MostObjectsAsked = 32768;

    /// <summary>How many bytes of existing objects are read to find them all zero (an image wiped with zeros); beyond that it counts as data.</summary>
    public const ulong MostBytesRead = 256 << 20;

    private const ulong Piece = 1 << 20;

    /// <summary>Looks.</summary>
    /// <exception cref="CephException">The cluster failed: that is never taken for blank.</exception>
    public static Contents Find(RbdImage image, RbdImageInfo info, Deadline deadline)
    {
        if (!HasFastDiff(image) && info.ObjectCount > MostObjectsAsked)
        {
            return new Contents(ContentsKind.Blank, "nothing but zeros in head and tail");
        }

        var existing = new List<(ulong Offset, ulong Length)>();
        ulong bytes = 0;
        image.DiffExtents(0, info.SizeBytes, wholeObject: true, (offset, length, exists) =>
        {
            if (exists)
            {
                existing.Add((offset, length));
                bytes += length;
            }

            return bytes <= MostBytesRead;
        });
        if (bytes > MostBytesRead)
        {
            return new Contents(ContentsKind.Unknown, $"more than {Quantity.Format(MostBytesRead)} of data, though its head and tail are zero");
        }

        return FirstNonZero(image, info.SizeBytes, existing, deadline) is { } at
            ? new Contents(ContentsKind.Unknown, $"data at byte {at}, though its head and tail are zero")
            : new Contents(ContentsKind.Blank, "nothing but zeros");
    }

    /// <summary>Whether the image knows its existing objects, so that nobody has to ask for each one.</summary>
    private static bool HasFastDiff(RbdImage image) =>
        (image.Features & RbdFeatures.FastDiff) != 0
        && (image.Flags & (RbdImage.ObjectMapInvalid | RbdImage.FastDiffInvalid)) == 0;

    private static unsafe ulong? FirstNonZero(RbdImage image, ulong size, List<(ulong Offset, ulong Length)> extents, Deadline deadline)
    {
        const int Together = 16;
        ulong[] pieces = extents
            .SelectMany(extent => Enumerable.Range(0, (int)((extent.Length + Piece - 1) / Piece)).Select(i => extent.Offset + ((ulong)i * Piece)))
            .ToArray();
        using var memory = new NativeBuffer(Together * (int)Piece);
        foreach (ulong[] round in pieces.Chunk(Together))
        {
            deadline.Check();
            using var batch = new RbdAioBatch(image, Together, deadline.Token);
            memory.Span.Clear();
            for (int i = 0; i < round.Length; i++)
            {
                batch.Read(round[i], memory.Pointer + ((ulong)i * Piece), (nuint)Math.Min(Piece, size - round[i]));
            }

            batch.Drain();
            int at = memory.Span.IndexOfAnyExcept((byte)0);
            if (at >= 0)
            {
                return round[at / (int)Piece] + ((ulong)at % Piece);
            }
        }

        return null;
    }
}
