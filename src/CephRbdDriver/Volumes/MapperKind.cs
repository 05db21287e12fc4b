namespace CephRbd.Driver.Volumes;

/// <summary>Who makes a block device of an image.</summary>
internal enum MapperKind
{
    /// <summary>The kernel where it can take the image, else rbd-nbd.</summary>
    Auto,

    /// <summary>The kernel's own client, krbd.</summary>
    Krbd,

    /// <summary>The daemon rbd-nbd, with librbd.</summary>
    Nbd,
}
