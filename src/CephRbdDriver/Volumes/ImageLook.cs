namespace CephRbd.Driver.Volumes;

/// <summary>What a look at one of many images brought.</summary>
/// <param name="Facts">What the cluster tells of it; null when it does not exist or could not be asked about.</param>
/// <param name="Problem">Why it could not be asked about; null otherwise.</param>
internal sealed record ImageLook(ImageFacts? Facts, string? Problem)
{
    /// <summary>The cluster has answered, and there is no such image.</summary>
    public bool IsGone => Facts is null && Problem is null;
}
