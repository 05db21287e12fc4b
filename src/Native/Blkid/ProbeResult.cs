namespace CephRbd.Native.Blkid;

/// <summary>What libblkid makes of an image.</summary>
public enum ProbeOutcome
{
    /// <summary>No signature it knows. Not a proof of blankness: it knows only what its release knows.</summary>
    Nothing,

    /// <summary>At least one signature.</summary>
    Found,

    /// <summary>Signatures that contradict each other; some may be leftovers.</summary>
    Ambivalent,
}

/// <summary>The outcome, and every signature in the order found.</summary>
public sealed record ProbeResult(ProbeOutcome Outcome, IReadOnlyList<Signature> Signatures);

/// <summary>One signature.</summary>
/// <param name="Kind">"filesystem", "raid", "crypto", "other" or "partition-table".</param>
/// <param name="Type">libblkid's word: ext4, xfs, LVM2_member, crypto_LUKS, gpt, dos, …</param>
/// <param name="Uuid">Its UUID or serial number, if it has one.</param>
/// <param name="Label">Its label, if it has one.</param>
/// <param name="Version">Its format's version, if libblkid tells.</param>
public sealed record Signature(string Kind, string Type, string? Uuid, string? Label, string? Version);
