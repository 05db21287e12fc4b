using CephRbd.Driver.Volumes;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// An image open for writing under its format lock. Whoever holds the lock waits until nobody else has the image
/// open; so it is never kept open while the lock is waited for, else the two would wait for each other.
/// </summary>
internal sealed class LockedImage : IDisposable
{
    private FormatLock? _lock;

    private LockedImage(RbdImage image, FormatLock formatLock)
    {
        Image = image;
        _lock = formatLock;
    }

    /// <summary>The image.</summary>
    public RbdImage Image { get; }

    /// <summary>Opens and locks, and waits for the lock within the deadline.</summary>
    /// <exception cref="VolumeException">Another call holds the lock, or somebody replaced the image meanwhile.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public static LockedImage Open(RadosIoContext pool, VolumeSpec spec, Steps steps)
    {
        string id;
        using (var first = new Disposables())
        {
            RbdImage image = first.Keep(OpenForWriting(pool, spec, steps));
            id = image.Id;
            FormatLock? free = steps.Run("take the format lock", () => FormatLock.TryTake(pool, id, spec.ImageSpec, steps.Deadline));
            if (free is not null)
            {
                first.Release();
                return new LockedImage(image, free);
            }
        }

        using var second = new Disposables();
        FormatLock formatLock = second.Keep(steps.Run(
            "wait for the format lock", () => FormatLock.Take(pool, id, spec.ImageSpec, steps.Deadline), $"another call that formats {spec.ImageSpec}"));
        RbdImage again = second.Keep(OpenForWriting(pool, spec, steps));
        if (again.Id != id)
        {
            throw new VolumeException($"image {spec.ImageSpec} was removed and created again meanwhile; nothing was written. It is tried again");
        }

        second.Release();
        return new LockedImage(again, formatLock);
    }

    /// <summary>Gives the lock back while the image stays open. Only once.</summary>
    /// <exception cref="Native.CephException">The cluster failed; the lock ends by itself.</exception>
    public void Unlock()
    {
        FormatLock? held = _lock;
        _lock = null;
        held?.Dispose();
    }

    /// <summary>Closes the image first: the next holder of the lock shall not find it open.</summary>
    public void Dispose()
    {
        try
        {
            Image.Dispose();
        }
        finally
        {
            Unlock();
        }
    }

    private static RbdImage OpenForWriting(RadosIoContext pool, VolumeSpec spec, Steps steps) =>
        steps.Run("open the image for writing", () => RbdImage.Open(pool, spec.Image, readOnly: false));

    /// <summary>Disposes what it keeps, the newest first, unless released.</summary>
    private sealed class Disposables : IDisposable
    {
        private readonly Stack<IDisposable> _kept = new();

        public T Keep<T>(T item)
            where T : IDisposable
        {
            _kept.Push(item);
            return item;
        }

        public void Release() => _kept.Clear();

        public void Dispose()
        {
            while (_kept.TryPop(out IDisposable? item))
            {
                item.Dispose();
            }
        }
    }
}
