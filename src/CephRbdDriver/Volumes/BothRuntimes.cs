namespace CephRbd.Driver.Volumes;

/// <summary>
/// The runtime that the config names, but what another one has mounted is taken away by that: a node's config may
/// change while pods live.
/// </summary>
/// <param name="inForce">The runtime in force.</param>
/// <param name="makeOther">Makes the other one; most calls do without it.</param>
internal sealed class BothRuntimes(IVolumeRuntime inForce, Func<IVolumeRuntime> makeOther) : IVolumeRuntime
{
    private IVolumeRuntime? _other;

    private IVolumeRuntime Other => _other ??= makeOther();

    /// <inheritdoc/>
    public Capabilities Capabilities => inForce.Capabilities;

    /// <inheritdoc/>
    public bool Owns(string mountDir) => inForce.Owns(mountDir) || Other.Owns(mountDir);

    /// <inheritdoc/>
    public string Attach(VolumeSpec spec, string? node) => inForce.Attach(spec, node);

    /// <inheritdoc/>
    public string WaitForAttach(string device, VolumeSpec spec) => inForce.WaitForAttach(device, spec);

    /// <inheritdoc/>
    public bool IsAttached(VolumeSpec spec, string? node) => inForce.IsAttached(spec, node);

    /// <inheritdoc/>
    public void MountDevice(string deviceMountDir, string device, VolumeSpec spec) => inForce.MountDevice(deviceMountDir, device, spec);

    /// <inheritdoc/>
    public void Mount(string mountDir, VolumeSpec spec) => inForce.Mount(mountDir, spec);

    /// <inheritdoc/>
    public void Unmount(string mountDir) => (Other.Owns(mountDir) ? Other : inForce).Unmount(mountDir);

    /// <inheritdoc/>
    public void UnmountDevice(string deviceMountDir) => (Other.Owns(deviceMountDir) ? Other : inForce).UnmountDevice(deviceMountDir);

    /// <inheritdoc/>
    public void Detach(string volumeName, string? node)
    {
        // A volume's name tells nothing of who attached it; nothing to detach is fine.
        inForce.Detach(volumeName, node);
        Other.Detach(volumeName, node);
    }

    /// <inheritdoc/>
    public ulong ExpandVolume(VolumeSpec spec, ulong newBytes) => inForce.ExpandVolume(spec, newBytes);

    /// <inheritdoc/>
    public void ExpandFileSystem(VolumeSpec spec, string device, string deviceMountDir) => inForce.ExpandFileSystem(spec, device, deviceMountDir);
}
