namespace CephRbd.Driver.Volumes;

/// <summary>What the cluster tells of an image.</summary>
/// <param name="ImageId">The image's id in its pool, which a rename does not change.</param>
/// <param name="ClusterFsid">The cluster's own id.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Features">Its feature bits.</param>
/// <param name="Watchers">The clients that have it open, as <c>client.N at ADDRESS</c>; null where that was not asked or can't be told.</param>
internal sealed record ImageFacts(string ImageId, string ClusterFsid, ulong SizeBytes, ulong Features, IReadOnlyList<string>? Watchers)
{
    /// <summary>Why it can't be told who has it open; null where it was told or not asked.</summary>
    public string? WatchersUnknown { get; init; }

    /// <summary>Who the image was given to for writing; null for nobody, or where that was not asked.</summary>
    public Writer? GivenTo { get; init; }

    /// <summary>Since when, by that node's clock.</summary>
    public DateTimeOffset? GivenSince { get; init; }
}
