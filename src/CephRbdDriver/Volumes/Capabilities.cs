namespace CephRbd.Driver.Volumes;

/// <summary>
/// What kubelet shall call and do itself, as told in the answer to <c>init</c>. All five are always written: kubelet
/// takes a missing one for true, except <c>supportsMetrics</c>.
/// </summary>
/// <param name="Attach">Calls attach, waitforattach, isattached, mountdevice, unmountdevice, detach.</param>
/// <param name="FsGroup">Hands every file below the mount dir to the pod's group.</param>
/// <param name="SelinuxRelabel">Labels every file below the mount dir for the pod.</param>
/// <param name="SupportsMetrics">Asks the mount dir's file system for its size and use.</param>
/// <param name="RequiresFsResize">Calls expandfs after expandvolume.</param>
internal sealed record Capabilities(bool Attach, bool FsGroup, bool SelinuxRelabel, bool SupportsMetrics, bool RequiresFsResize)
{
    /// <summary>
    /// Nothing but mount and unmount. What a pod's VM opens by itself is its own business, and with fsGroup kubelet
    /// would hand the tag, and the key in it, to the pod's group. Also the careful answer of a driver that does not
    /// know its config.
    /// </summary>
    public static Capabilities MountOnly { get; } = new(
        Attach: false, FsGroup: false, SelinuxRelabel: false, SupportsMetrics: false, RequiresFsResize: false);
}
