namespace CephRbd.Driver.Doctor;

/// <summary>How what was looked at stands.</summary>
internal enum FindingState
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works now, and may not for long, or not for all.</summary>
    Warning,

    /// <summary>Volumes fail, or are about to.</summary>
    Failed,

    /// <summary>Could not be looked at, or does not apply here; the evidence says why.</summary>
    Skipped,
}

/// <summary>What a check has to say. Evidence and remedy hold no secret.</summary>
/// <param name="Check">The check's name, as in <c>docs/doctor.md</c>.</param>
/// <param name="State">How it stands.</param>
/// <param name="Evidence">What was seen, with names and figures.</param>
/// <param name="Remedy">What to do, as commands where there are any; null when there is nothing to do.</param>
internal sealed record Finding(string Check, FindingState State, string Evidence, string? Remedy = null);
