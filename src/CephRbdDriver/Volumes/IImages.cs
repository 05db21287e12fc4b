using CephRbd.Driver.Secrets;

namespace CephRbd.Driver.Volumes;

/// <summary>An image that is ready for use, and what a client needs to open it.</summary>
/// <param name="SizeBytes">The image's size.</param>
/// <param name="FileSystem">What it holds: <c>ext4</c>, …</param>
/// <param name="User">The Ceph user, without <c>client.</c>.</param>
/// <param name="Key">That user's key; null only where the cluster asks for none.</param>
/// <param name="Monitors">Each monitor as <c>ip:port</c>, speaking the v1 protocol where there is one. Empty unless asked for.</param>
internal sealed record PreparedImage(ulong SizeBytes, string FileSystem, string User, Secret? Key, IReadOnlyList<string> Monitors)
{
    /// <summary>What the cluster tells of it.</summary>
    public required ImageFacts Facts { get; init; }

    /// <summary>Whether it is reserved: it is to be given back when the mount comes to nothing.</summary>
    public bool IsReserved { get; init; }

    /// <summary>What the kernel's client needs to map it; null unless the monitors were asked for.</summary>
    public KernelAccess? KernelAccess { get; init; }
}

/// <summary>What the runtimes need of the cluster, in a volume's words.</summary>
internal interface IImages
{
    /// <summary>
    /// The image exists — created if it is absent and the spec names a size — and holds the file system that the spec
    /// asks for — made if the image is proven blank. Read-only volumes are never created and never formatted.
    /// </summary>
    /// <param name="spec">The volume.</param>
    /// <param name="withMonitors">Also look up the monitors.</param>
    /// <param name="writer">
    /// Who is to have it: unless the volume is read-only, it is reserved for that one, and no other is given it then.
    /// </param>
    /// <exception cref="VolumeException">It could not be done; says why. Nothing is reserved then.</exception>
    PreparedImage Prepare(VolumeSpec spec, bool withMonitors, Writer writer);

    /// <summary>As <see cref="Prepare"/>, without the monitors and for nobody yet: it only must not be another node's.</summary>
    /// <param name="spec">The volume.</param>
    /// <param name="node">This node.</param>
    /// <exception cref="VolumeException">It could not be done; says why.</exception>
    ImageFacts PrepareForNobody(VolumeSpec spec, Writer node);

    /// <summary>Reserves an image that is there already. Until it is confirmed, a kill of the call leaves it free again.</summary>
    /// <param name="spec">The volume.</param>
    /// <param name="writer">Who is to have it.</param>
    /// <returns>Null when there is no such image; what it is and no reservation where the volume or the config wants none.</returns>
    /// <exception cref="VolumeException">Another has it, or the cluster could not be asked.</exception>
    ImageFacts? Reserve(VolumeSpec spec, Writer writer);

    /// <summary>
    /// Writes down which client maps an image that this call has reserved or prepared, before anything is written by
    /// it. From then on the client itself shows that the image is in use.
    /// </summary>
    /// <param name="spec">The volume.</param>
    /// <exception cref="VolumeException">It could not be done.</exception>
    void ConfirmMapped(VolumeSpec spec);

    /// <summary>Gives back what this call has reserved. Fine if it has not.</summary>
    /// <param name="spec">The volume.</param>
    /// <exception cref="VolumeException">The cluster failed; the reservation ends by itself.</exception>
    void GiveUp(VolumeSpec spec);

    /// <summary>Gives back what a writer had of an earlier call.</summary>
    /// <param name="spec">The volume, as far as it is known by then.</param>
    /// <param name="imageId">The image's id; null to ask for it.</param>
    /// <param name="writer">The writer.</param>
    /// <param name="patience">How long the cluster is waited for.</param>
    /// <exception cref="VolumeException">The cluster failed; the reservation ends by itself.</exception>
    void Release(VolumeSpec spec, string? imageId, Writer writer, TimeSpan patience);

    /// <summary>Whether the image exists.</summary>
    /// <exception cref="VolumeException">The cluster could not be asked.</exception>
    bool Exists(VolumeSpec spec);

    /// <summary>What the image is; null when it does not exist.</summary>
    /// <exception cref="VolumeException">The cluster could not be asked.</exception>
    ImageFacts? Find(VolumeSpec spec);

    /// <summary>Looks at many images by one connection.</summary>
    /// <param name="specs">The volumes, at least one; cluster, user and key are those of the first.</param>
    /// <param name="seen">Is told each image's place in the list and what was seen, one after another.</param>
    /// <exception cref="VolumeException">There is no connection. What fails for one image is told to <paramref name="seen"/>.</exception>
    void LookAt(IReadOnlyList<VolumeSpec> specs, Action<int, ImageLook> seen);

    /// <summary>
    /// What the kernel's client needs to know, without asking the cluster or loading Ceph's libraries; null where conf
    /// and keyring do not tell it.
    /// </summary>
    KernelAccess? AccessFromConf(VolumeSpec spec);

    /// <summary>The id of the cluster that a conf file describes, if the file tells it.</summary>
    /// <param name="cluster">The cluster's name; null for the default one.</param>
    string? FsidFromConf(string? cluster);

    /// <summary>Grows the image to at least so many bytes; a larger one stays as it is.</summary>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="VolumeException">It could not be done; says why.</exception>
    ulong Grow(VolumeSpec spec, ulong bytes);
}
