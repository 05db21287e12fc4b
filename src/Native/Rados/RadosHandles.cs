using System.Runtime.InteropServices;

namespace CephRbd.Native.Rados;

/// <summary>Owns a rados_t.</summary>
internal sealed class RadosClusterHandle : SafeHandle
{
    public RadosClusterHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Set to leave the connection to the end of the process.</summary>
    internal bool IsAbandoned { get; set; }

    /// <summary>Takes ownership of what C made.</summary>
    internal void Adopt(nint cluster) => SetHandle(cluster);

    protected override bool ReleaseHandle()
    {
        if (!IsAbandoned)
        {
            RadosNative.Shutdown(handle);
        }

        return true;
    }
}

/// <summary>Owns a rados_ioctx_t and holds on to its cluster: rados_shutdown under a live context is undefined.</summary>
internal sealed class RadosIoContextHandle : SafeHandle
{
    private readonly RadosClusterHandle? _cluster;

    /// <exception cref="ObjectDisposedException">The cluster has been disposed of.</exception>
    public RadosIoContextHandle(RadosClusterHandle cluster)
        : base(0, ownsHandle: true)
    {
        bool held = false;
        cluster.DangerousAddRef(ref held);
        _cluster = cluster;
    }

    // A handle that never got its context still holds its cluster, so it always has something to release.
    public override bool IsInvalid => _cluster is null;

    /// <summary>Takes ownership of what C made.</summary>
    internal void Adopt(nint context) => SetHandle(context);

    protected override bool ReleaseHandle()
    {
        if (handle != 0)
        {
            RadosNative.DestroyContext(handle);
        }

        _cluster?.DangerousRelease();
        return true;
    }
}
