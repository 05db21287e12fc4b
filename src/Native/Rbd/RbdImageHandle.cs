using System.Runtime.InteropServices;
using CephRbd.Native.Rados;

namespace CephRbd.Native.Rbd;

/// <summary>Owns an rbd_image_t and holds on to the context, and so the cluster, that it was opened by.</summary>
internal sealed class RbdImageHandle : SafeHandle
{
    private readonly RadosIoContextHandle? _context;

    /// <exception cref="ObjectDisposedException">The context has been disposed of.</exception>
    public RbdImageHandle(RadosIoContextHandle context)
        : base(0, ownsHandle: true)
    {
        bool held = false;
        context.DangerousAddRef(ref held);
        _context = context;
    }

    // A handle that never got its image still holds its context, so it always has something to release.
    public override bool IsInvalid => _context is null;

    /// <summary>What rbd_close returned; null while the image is open.</summary>
    internal int? CloseResult { get; private set; }

    /// <summary>Takes ownership of what C made.</summary>
    internal void Adopt(nint image) => SetHandle(image);

    protected override bool ReleaseHandle()
    {
        if (handle != 0)
        {
            CloseResult = RbdNative.Close(handle);
        }

        _context?.DangerousRelease();
        return CloseResult is null or >= 0;
    }
}
