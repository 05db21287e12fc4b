using CephRbd.Native.Blkid;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>What an image holds, as far as head, tail and object map tell.</summary>
internal enum ContentsKind
{
    /// <summary>Proven empty: no signature and no byte but zero wherever we looked.</summary>
    Blank,

    /// <summary>Exactly one file system and nothing else.</summary>
    FileSystem,

    /// <summary>A signature of something else, or bytes that are not ours to judge.</summary>
    Data,

    /// <summary>Bytes without any signature: data, unless our own mark says that we left them there.</summary>
    Unknown,
}

/// <summary>The verdict on an image's contents.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Words">The same for a person: "an LVM2_member signature".</param>
/// <param name="FileSystem">Type, if it is a file system.</param>
/// <param name="Uuid">The file system's UUID, if it has one.</param>
internal sealed record Contents(ContentsKind Kind, string Words, string? FileSystem = null, string? Uuid = null)
{
    /// <summary>Judges what libblkid found. No signature is <see cref="ContentsKind.Unknown"/>: blankness needs a proof of its own.</summary>
    public static Contents Of(ProbeResult probe)
    {
        if (probe.Signatures.Count == 0)
        {
            return probe.Outcome == ProbeOutcome.Ambivalent
                ? new Contents(ContentsKind.Data, "signatures that contradict each other")
                : new Contents(ContentsKind.Unknown, "no known signature");
        }

        Signature first = probe.Signatures[0];
        if (probe.Signatures.Count == 1 && probe.Outcome == ProbeOutcome.Found && first.Kind == "filesystem")
        {
            return new Contents(ContentsKind.FileSystem, $"the file system {first.Type}", first.Type, first.Uuid);
        }

        string all = string.Join(" and ", probe.Signatures.Select(s => $"{s.Type} ({s.Kind})").Distinct());
        return new Contents(ContentsKind.Data, all);
    }
}
