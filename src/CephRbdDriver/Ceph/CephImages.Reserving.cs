using CephRbd.Driver.Ceph.Reservations;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph;

/// <summary>One writer at a time: what a call reserves, confirms, and gives back.</summary>
internal sealed partial class CephImages
{
    // Its holder's process is killed by then, whatever happens to it.
    private static readonly TimeSpan _releaseLock = TimeSpan.FromSeconds(30);

    private Reservation? _reservation;

    // Open for reading, which nobody sees: a second opening would cost as much as all the rest.
    private RbdImage? _reservedImage;

    /// <inheritdoc/>
    public ImageFacts? Reserve(VolumeSpec spec, Writer writer) => Connected(spec, connection =>
    {
        // Both are kept until the call's end.
        RadosIoContext pool = connection.OpenPool(spec);
        RbdImage? image = OpenIfThere(pool, spec, readOnly: true);
        if (image is null)
        {
            pool.Dispose();
            return null;
        }

        Take(connection, spec, image, writer);
        _reservedImage = image;
        return Facts(connection, image);
    });

    /// <inheritdoc/>
    public void ConfirmMapped(VolumeSpec spec)
    {
        if (_reservation is not { } reservation)
        {
            return;
        }

        _ = Connected(spec, connection => steps.Run("write down who has the image", () =>
        {
            using RadosIoContext pool = connection.OpenPool(spec);
            _reservedImage ??= RbdImage.Open(pool, spec.Image, readOnly: true);
            reservation.Confirm(
                [.. new Reserver(connection, pool, spec, config, steps).Watchers(_reservedImage).Select(watcher => watcher.Address).Distinct(StringComparer.Ordinal)],
                (_reservedImage.Features & ImageFeatureNames.ExclusiveLock) != 0);
            reservation.Unlock();
            return true;
        }));
    }

    /// <inheritdoc/>
    public void GiveUp(VolumeSpec spec)
    {
        if (_reservation is { } reservation)
        {
            // No step: it is what is left to do when the call's time is over.
            _reservation = null;
            _ = Connected(spec, _ =>
            {
                reservation.GiveUp();
                return true;
            });
        }
    }

    /// <inheritdoc/>
    public void Release(VolumeSpec spec, string? imageId, Writer writer, TimeSpan patience)
    {
        // Some releases try a dead cluster ten times over: a thread of its own waits for that, and the call does not.
        Task<bool> work = Task.Factory.StartNew(
            () => ReleaseNow(spec, imageId, writer, patience), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        bool done = steps.Run("give the reservation back", () => ((IAsyncResult)work).AsyncWaitHandle.WaitOne(patience));
        if (!done)
        {
            throw new VolumeException($"image {spec.ImageSpec}: the cluster did not take the reservation back within {patience.TotalSeconds:0.#} s");
        }

        _ = work.GetAwaiter().GetResult();
    }

    private bool ReleaseNow(VolumeSpec spec, string? imageId, Writer writer, TimeSpan patience) =>
        CephFailures.Explained(spec, spec.User ?? config.User, config.ConfPathFor(spec.Cluster), () =>
        {
            using var deadline = new Deadline(patience);
            using var connection = ClusterConnection.Open(spec, config, new Steps(deadline, narrate: null), Math.Max(1, (int)patience.TotalSeconds));
            using RadosIoContext pool = connection.OpenPool(spec);
            if (imageId is null)
            {
                using var image = RbdImage.Open(pool, spec.Image, readOnly: true);
                imageId = image.Id;
            }

            return Reservation.Release(new ReservationObject(pool, imageId, spec.ImageSpec), writer, _releaseLock);
        });

    private static ImageFacts WithWriter(ImageFacts facts, RadosIoContext pool, VolumeSpec spec)
    {
        ReservationNote? note = new ReservationObject(pool, facts.ImageId, spec.ImageSpec).ReadIfOne();
        return facts with { GivenTo = note?.Writer, GivenSince = note?.Since };
    }

    private bool Reserves(VolumeSpec spec) => config.ReservationSeconds > 0 && !spec.ReadOnly;

    private void Take(ClusterConnection connection, VolumeSpec spec, RbdImage image, Writer writer)
    {
        if (Reserves(spec) && _reservation is null)
        {
            // Kept as long as the reservation is.
            RadosIoContext pool = connection.OpenPool(spec);
            _reservation = new Reserver(connection, pool, spec, config, steps).Take(image, writer);
        }
    }

    private void Check(ClusterConnection connection, RadosIoContext pool, VolumeSpec spec, Writer node)
    {
        if (Reserves(spec))
        {
            using var image = RbdImage.Open(pool, spec.Image, readOnly: true);
            new Reserver(connection, pool, spec, config, steps).Check(image, node);
        }
    }

    // A VM opens the image once the tag stands: this is the last moment to say who has it.
    private void ConfirmForVm(Writer writer)
    {
        if (writer.Dir is not null)
        {
            _reservation?.Confirm([], exclusiveLock: false);
        }
    }

    private void TakeBack()
    {
        Reservation? reservation = _reservation;
        _reservation = null;
        try
        {
            reservation?.GiveUp();
        }
        catch (CephException e)
        {
            steps.Warn($"the reservation could not be given back, and ends by itself: {e.Message}");
        }
    }
}
