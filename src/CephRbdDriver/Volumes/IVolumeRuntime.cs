namespace CephRbd.Driver.Volumes;

/// <summary>
/// What one kind of pod needs of a volume: VMs (<c>hyper</c>) get a description of the image to open by themselves,
/// ordinary containers a mounted file system. One method a verb, arguments already parsed; each is idempotent and
/// either succeeds or throws a <see cref="VolumeException"/> after taking back what it had begun.
/// </summary>
internal interface IVolumeRuntime
{
    /// <summary>What kubelet shall call and do itself.</summary>
    Capabilities Capabilities { get; }

    /// <summary>Whether what stands in a dir is this runtime's: the config may have changed since it was mounted.</summary>
    bool Owns(string mountDir);

    /// <summary>The image exists (created if a size is given) and holds the file system asked for.</summary>
    /// <returns>The device.</returns>
    string Attach(VolumeSpec spec, string? node);

    /// <summary>Waits until <paramref name="device"/> can be used.</summary>
    /// <returns>The device.</returns>
    string WaitForAttach(string device, VolumeSpec spec);

    /// <summary>Whether the volume is attached here.</summary>
    bool IsAttached(VolumeSpec spec, string? node);

    /// <summary>Prepares the volume once for all pods of this node.</summary>
    void MountDevice(string deviceMountDir, string device, VolumeSpec spec);

    /// <summary>Gives the volume to one pod.</summary>
    void Mount(string mountDir, VolumeSpec spec);

    /// <summary>Takes the volume from one pod; needs nothing but this node's own state.</summary>
    void Unmount(string mountDir);

    /// <summary>Takes back <see cref="MountDevice"/>.</summary>
    void UnmountDevice(string deviceMountDir);

    /// <summary>Takes back <see cref="Attach"/>; knows the volume's Kubernetes name only.</summary>
    void Detach(string volumeName, string? node);

    /// <summary>Grows the image to at least <paramref name="newBytes"/>; never shrinks it.</summary>
    /// <returns>Its size in bytes now.</returns>
    ulong ExpandVolume(VolumeSpec spec, ulong newBytes);

    /// <summary>Grows the file system to its image.</summary>
    void ExpandFileSystem(VolumeSpec spec, string device, string deviceMountDir);
}
