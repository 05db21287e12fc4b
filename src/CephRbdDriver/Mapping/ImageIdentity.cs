namespace CephRbd.Driver.Mapping;

/// <summary>Whether two descriptions mean the same image.</summary>
internal enum Match
{
    /// <summary>They are of different images.</summary>
    No,

    /// <summary>The names agree, and what tells clusters or images apart does too.</summary>
    Yes,

    /// <summary>The names agree, but nothing says that the clusters are the same.</summary>
    Unsure,
}

/// <summary>Which image it is: its names, and as far as known what tells it from one of the same name elsewhere.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Namespace">The RADOS namespace; null or empty for the default one.</param>
/// <param name="Image">The image's name.</param>
/// <param name="Snapshot">The snapshot; null for the image itself.</param>
internal sealed record ImageIdentity(string Pool, string? Namespace, string Image, string? Snapshot)
{
    /// <summary>The cluster's fsid; null when it is not known.</summary>
    public string? ClusterFsid { get; init; }

    /// <summary>The image's internal id, which an image made anew under the same name does not share; null when it is not known.</summary>
    public string? ImageId { get; init; }

    /// <summary>The image as Ceph's tools write it: <c>pool/image</c> or <c>pool/namespace/image</c>, with <c>@snapshot</c> at its end if there is one.</summary>
    public string ImageSpec =>
        (string.IsNullOrEmpty(Namespace) ? $"{Pool}/{Image}" : $"{Pool}/{Namespace}/{Image}") + (Snapshot is null ? "" : $"@{Snapshot}");

    /// <summary>Says whether this and another description mean the same image.</summary>
    /// <param name="other">The other description.</param>
    /// <returns>Unsure where names agree and neither the clusters nor the images can be told to be the same.</returns>
    public Match Compare(ImageIdentity other)
    {
        if (Pool != other.Pool || (Namespace ?? "") != (other.Namespace ?? "") || Image != other.Image || Snapshot != other.Snapshot)
        {
            return Match.No;
        }

        bool? sameCluster = Same(ClusterFsid, other.ClusterFsid, StringComparison.OrdinalIgnoreCase);
        bool? sameImage = Same(ImageId, other.ImageId, StringComparison.Ordinal);
        return sameCluster == false || sameImage == false ? Match.No
            : sameCluster == true || sameImage == true ? Match.Yes
            : Match.Unsure;
    }

    private static bool? Same(string? a, string? b, StringComparison comparison) =>
        string.IsNullOrEmpty(a) || string.IsNullOrEmpty(b) ? null : string.Equals(a, b, comparison);
}
