using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph;

/// <summary>Images of a real cluster, one connection a call.</summary>
internal sealed partial class CephImages(DriverConfig config, Steps steps) : IImages
{
    /// <summary>How often an image that is neither there nor absent is looked at again.</summary>
    private const int MostAttempts = 4;

    private const ulong DefaultObjectSize = 4 << 20;

    /// <summary>The default of librbd since Jewel's successors: layering, exclusive-lock, object-map, fast-diff, deep-flatten.</summary>
    private const ulong DefaultFeatures = 61;

    private ((string?, string?, string?) Who, ClusterConnection Connection)? _connection;

    /// <inheritdoc/>
    public PreparedImage Prepare(VolumeSpec spec, bool withMonitors, Writer writer) => Connected(spec, connection =>
    {
        // The monitors' addresses take a round trip of their own; it runs beside the work on the image.
        Task<IReadOnlyList<IReadOnlyList<MonAddress>>> monitors = withMonitors
            ? Task.Factory.StartNew(connection.Monitors, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            : Task.FromResult<IReadOnlyList<IReadOnlyList<MonAddress>>>([]);
        try
        {
            using RadosIoContext pool = connection.OpenPool(spec);
            ImageFacts facts = EnsureImage(connection, pool, spec, image => Take(connection, spec, image, writer));
            IReadOnlyList<IReadOnlyList<MonAddress>> addresses = steps.Run("ask for the monitors", () => monitors.GetAwaiter().GetResult());
            Credentials credentials = connection.Credentials;
            ConfirmForVm(writer);
            return new PreparedImage(facts.SizeBytes, spec.FsType, credentials.User, credentials.Key, TagMonitors.From(addresses))
            {
                Facts = facts,
                IsReserved = _reservation is not null,
                KernelAccess = withMonitors
                    ? new KernelAccess(credentials.User, credentials.Key, KernelMonitors.Choose(addresses, out bool v2Only), v2Only, facts.ClusterFsid)
                    : null,
            };
        }
        catch (Exception e) when (e is VolumeException or CephException)
        {
            TakeBack();
            throw;
        }
        finally
        {
            ((IAsyncResult)monitors).AsyncWaitHandle.WaitOne();
            _ = monitors.Exception;
        }
    });

    /// <inheritdoc/>
    public ImageFacts PrepareForNobody(VolumeSpec spec, Writer node) => Connected(spec, connection =>
    {
        using RadosIoContext pool = connection.OpenPool(spec);
        ImageFacts facts = EnsureImage(connection, pool, spec, _ => { });
        Check(connection, pool, spec, node);
        return facts;
    });

    /// <inheritdoc/>
    public bool Exists(VolumeSpec spec) => Connected(spec, connection =>
    {
        using RadosIoContext pool = connection.OpenPool(spec);
        using RbdImage? image = OpenIfThere(pool, spec, readOnly: true);
        return image is not null;
    });

    /// <inheritdoc/>
    public ImageFacts? Find(VolumeSpec spec) => Connected(spec, connection =>
    {
        using RadosIoContext pool = connection.OpenPool(spec);
        using RbdImage? image = OpenIfThere(pool, spec, readOnly: true);
        return image is null ? null : Facts(connection, image);
    });

    /// <inheritdoc/>
    public void LookAt(IReadOnlyList<VolumeSpec> specs, Action<int, ImageLook> seen) => Connected(specs[0], connection =>
    {
        for (int i = 0; i < specs.Count; i++)
        {
            seen(i, Look(connection, specs[i]));
        }

        return true;
    });

    /// <inheritdoc/>
    public KernelAccess? AccessFromConf(VolumeSpec spec) => ConfAccess.Read(spec, config);

    /// <inheritdoc/>
    public string? FsidFromConf(string? cluster) => ConfAccess.Fsid(config, cluster);

    /// <inheritdoc/>
    public ulong Grow(VolumeSpec spec, ulong bytes) => Connected(spec, connection =>
    {
        using RadosIoContext pool = connection.OpenPool(spec);
        using RbdImage image = OpenIfThere(pool, spec, readOnly: false)
            ?? throw new VolumeException($"image {spec.ImageSpec} does not exist, so it cannot grow");
        RbdImageInfo info = image.Stat();
        ulong wanted = RoundUp(bytes, info.ObjectSizeBytes);
        if (info.SizeBytes >= bytes)
        {
            return info.SizeBytes;
        }

        steps.Run($"grow the image from {Quantity.Format(info.SizeBytes)} to {Quantity.Format(wanted)}", () => image.Resize(wanted));
        return image.Stat().SizeBytes;
    });

    private ImageLook Look(ClusterConnection connection, VolumeSpec spec)
    {
        try
        {
            return new ImageLook(
                CephFailures.Explained(spec, connection.Credentials.User, connection.ConfFile, () => WatchedFacts(connection, spec)), Problem: null);
        }
        catch (VolumeException e) when (e is not DeadlineException)
        {
            return new ImageLook(Facts: null, e.Message);
        }
    }

    private ImageFacts? WatchedFacts(ClusterConnection connection, VolumeSpec spec)
    {
        using RadosIoContext pool = connection.OpenPool(spec);
        using RbdImage? image = OpenIfThere(pool, spec, readOnly: true);
        if (image is null)
        {
            return null;
        }

        ImageFacts facts = WithWriter(Facts(connection, image), pool, spec);
        try
        {
            IReadOnlyList<RbdWatcher> others = steps.Run(
                "list who has it open", () => new WatcherList(connection, spec, steps.Deadline).Others(image), $"rbd status {spec.ImageSpec}");
            return facts with { Watchers = [.. others.Select(watcher => $"client.{watcher.ClientId} at {watcher.Address}")] };
        }
        catch (VolumeException e) when (e is not DeadlineException)
        {
            return facts with { WatchersUnknown = e.Message };
        }
    }

    private static ImageFacts Facts(ClusterConnection connection, RbdImage image) =>
        new(image.Id, connection.Rados.Fsid, image.Stat().SizeBytes, image.Features, Watchers: null);

    private static ulong RoundUp(ulong bytes, ulong grain) =>
        checked((bytes + grain - 1) / grain * grain);

    private T Connected<T>(VolumeSpec spec, Func<ClusterConnection, T> body) =>
        CephFailures.Explained(spec, spec.User ?? config.User, config.ConfPathFor(spec.Cluster), () => body(ConnectionFor(spec)));

    // One connection a call, whatever it asks. The process's end is the connection's.
    private ClusterConnection ConnectionFor(VolumeSpec spec)
    {
        (string?, string?, string?) who = (spec.Cluster, spec.User, spec.Key?.Reveal());
        if (_connection is { } open && open.Who == who)
        {
            return open.Connection;
        }

        var connection = ClusterConnection.Open(spec, config, steps);
        _connection = (who, connection);
        return connection;
    }

    private RbdImage? OpenIfThere(RadosIoContext pool, VolumeSpec spec, bool readOnly) => steps.Run(
        $"open image {spec.ImageSpec}",
        () =>
        {
            try
            {
                return RbdImage.Open(pool, spec.Image, readOnly);
            }
            catch (CephException e) when (e.Errno == Errno.NoEntry)
            {
                return null;
            }
        },
        "ceph -s: OSDs down or frozen, placement groups inactive");

    // The common case first, and cheap: the image is there and formatted, one read-only open tells.
    private ImageFacts EnsureImage(ClusterConnection connection, RadosIoContext pool, VolumeSpec spec, Action<RbdImage> opened, int attempt = 1)
    {
        var formatter = new ImageFormatter(config, steps);
        ulong size;
        ImageFacts? facts = null;
        bool newborn = false;
        ImageFormatter.Need need;
        using (RbdImage? image = OpenIfThere(pool, spec, readOnly: true))
        {
            if (image is null)
            {
                ulong? created = Create(pool, spec);
                if (created is null)
                {
                    // Another call was quicker: its image is judged like any that was there before. Or one was killed
                    // while it created the image: then the way is cleared.
                    if (attempt == MostAttempts)
                    {
                        throw new VolumeException(
                            $"image {spec.ImageSpec} can be neither opened nor created: its name is taken, but something it needs is missing (a clone's parent?). Look at it: rbd info {spec.ImageSpec}");
                    }

                    if (!HalfMadeImage.Settle(pool, spec, () => (created = Create(pool, spec)) is not null, steps))
                    {
                        return EnsureImage(connection, pool, spec, opened, attempt + 1);
                    }
                }

                (size, need, newborn) = (created!.Value, ImageFormatter.Need.Format, true);

                // Reserved before it is opened for writing: a call that is killed leaves no client that nobody knows.
                using RbdImage blank = RbdImage.Open(pool, spec.Image, readOnly: true);
                opened(blank);
            }
            else
            {
                RbdImageInfo info = image.Stat();
                size = info.SizeBytes;
                facts = Facts(connection, image);
                CheckSize(spec, size);

                // Both at the same time: over a slow network either is a good part of the call.
                need = formatter.Examine(image, info, spec, InspectionDepth.Ends, () => opened(image));
            }
        }

        switch (need)
        {
            case ImageFormatter.Need.TakeOffMark:
                formatter.TakeOffMark(pool, spec);
                break;
            case ImageFormatter.Need.Format or ImageFormatter.Need.FormatAgain:
                formatter.Format(pool, spec, size, newborn, new WatcherList(connection, spec, steps.Deadline), image => facts = Facts(connection, image));
                break;
            case ImageFormatter.Need.Nothing:
            default:
                break;
        }

        return facts!;
    }

    private static void CheckSize(VolumeSpec spec, ulong size)
    {
        if (spec.SizeBytes is { } asked && size < asked)
        {
            throw new VolumeException(
                $"image {spec.ImageSpec} has {Quantity.Format(size)}, less than the size of {Quantity.Format(asked)} that is asked for. " +
                $"Grow it (rbd resize {spec.ImageSpec} --size {asked}B, then the file system in the pod), or correct the option size");
        }
    }

    private ulong? Create(RadosIoContext pool, VolumeSpec spec)
    {
        if (spec.ReadOnly)
        {
            throw new VolumeException($"image {spec.ImageSpec} does not exist, and a read-only volume is never created. Correct volumeID or pool");
        }

        if (spec.SizeBytes is not { } asked)
        {
            throw new VolumeException(
                $"image {spec.ImageSpec} does not exist. Correct volumeID or pool, or give the option size (\"10Gi\") to have it created");
        }

        ulong objectSize = spec.ObjectSizeBytes ?? config.ObjectSize ?? DefaultObjectSize;
        ulong size;
        try
        {
            size = RoundUp(asked, objectSize);
        }
        catch (OverflowException e)
        {
            throw new VolumeException($"image {spec.ImageSpec}: a size of {asked} bytes is more than any image can have", e);
        }

        var options = new RbdCreateOptions
        {
            Features = spec.ImageFeatures ?? config.ImageFeatures ?? DefaultFeatures,
            Order = System.Numerics.BitOperations.Log2(objectSize),
            DataPool = spec.DataPool,
        };
        return steps.Run<ulong?>($"create image {spec.ImageSpec} of {Quantity.Format(size)}", () =>
        {
            try
            {
                RbdImages.Create(pool, spec.Image, size, options);
                return size;
            }
            catch (CephException e) when (e.Errno == Errno.Exists)
            {
                return null;
            }
        });
    }
}
