using System.Collections.Concurrent;
using CephRbd.Driver.Ceph.Format;
using CephRbd.Driver.Ceph.Reservations;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Exam;

/// <summary>A client that has an image open.</summary>
/// <param name="Address">Its address, with port and nonce.</param>
/// <param name="Client">Its number.</param>
internal sealed record ImageWatcher(string Address, long Client);

/// <summary>A call that prepares an image, or was killed while it did.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Pid">Its process there; 0 when the lock does not tell.</param>
/// <param name="Address">Its address.</param>
/// <param name="IsGone">Whether it certainly runs no more.</param>
internal sealed record ImageClaim(string Node, int Pid, string Address, bool IsGone);

/// <summary>The mark of a format that is under way, or was cut off.</summary>
/// <param name="FileSystem">The type being made.</param>
/// <param name="Node">Who began.</param>
/// <param name="Since">When; null when the mark cannot be read.</param>
internal sealed record ImageMark(string FileSystem, string Node, DateTimeOffset? Since);

/// <summary>What was seen of one image.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Watchers">Who has it open; null where the libraries cannot tell.</param>
/// <param name="Mark">The mark of an unfinished format; null when there is none.</param>
/// <param name="Claims">Who prepares it.</param>
internal sealed record SurveyedImage(string Name, IReadOnlyList<ImageWatcher>? Watchers, ImageMark? Mark, IReadOnlyList<ImageClaim> Claims)
{
    /// <summary>Who it was given to for writing; null for nobody.</summary>
    public Writer? GivenTo { get; init; }

    /// <summary>Since when, by that node's clock.</summary>
    public DateTimeOffset? GivenSince { get; init; }

    /// <summary>Whether that outlasts its use: under the exclusive lock it is not taken away when the image is unmapped.</summary>
    public bool OutlastsUse { get; init; }
}

/// <summary>What has been seen so far.</summary>
/// <param name="Total">How many images the pool has; null when its list has not come yet.</param>
/// <param name="Images">Those that were looked at.</param>
/// <param name="Broken">Those that could not be opened, and why.</param>
internal sealed record SurveyedPool(int? Total, IReadOnlyList<SurveyedImage> Images, IReadOnlyList<(string Name, string Why)> Broken);

/// <summary>Opens the images of a pool for reading, one after the other, and looks at who uses them. No watcher is left.</summary>
internal sealed class ImageSurvey
{
    /// <summary>The most images that are looked at.</summary>
    public const int MostImages = 200;

    private const int Threads = 3;

    private readonly ConcurrentQueue<SurveyedImage> _seen = [];
    private readonly ConcurrentQueue<(string, string)> _broken = [];
    private readonly Func<RadosIoContext> _openPool;
    private readonly Task _work;
    private volatile IReadOnlyList<string>? _names;

    private ImageSurvey(Func<RadosIoContext> openPool)
    {
        _openPool = openPool;
        _work = Task.Factory.StartNew(Look, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Begins.</summary>
    public static ImageSurvey Begin(Func<RadosIoContext> openPool) => new(openPool);

    /// <summary>Waits for its end, and gives what has been seen by then.</summary>
    /// <exception cref="CephException">The pool could not be read.</exception>
    public SurveyedPool Wait(TimeSpan patience)
    {
        try
        {
            _work.Wait(patience);
        }
        catch (AggregateException e) when (e.InnerException is CephException inner)
        {
            throw new CephException(inner.Call, inner.Errno, inner.Subject);
        }

        return new SurveyedPool(_names?.Count, [.. _seen.OrderBy(image => image.Name, StringComparer.Ordinal)], [.. _broken.Order()]);
    }

    private void Look()
    {
        using RadosIoContext pool = _openPool();
        _names = RbdImages.List(pool);
        var left = new ConcurrentQueue<string>(_names.Take(MostImages));
        Task[] workers =
        [
            .. Enumerable.Range(0, Math.Min(Threads, left.Count)).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    while (left.TryDequeue(out string? name))
                    {
                        Look(pool, name);
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        Task.WaitAll(workers);
    }

    private void Look(RadosIoContext pool, string name)
    {
        try
        {
            using var image = RbdImage.Open(pool, name, readOnly: true);
            string id = image.Id;
            ReservationNote? note = new ReservationObject(pool, id, name).ReadIfOne();
            _seen.Enqueue(new SurveyedImage(
                name,
                image.ListWatchers() is { } watchers ? [.. watchers.Select(watcher => new ImageWatcher(watcher.Address, watcher.ClientId))] : null,
                MarkOf(image),
                [.. FormatLock.Holders(pool, id).Select(found => new ImageClaim(
                    found.Holder?.Node ?? found.Cookie, found.Holder?.Pid ?? 0, found.Address, found.Holder?.IsGone() ?? false))])
            {
                GivenTo = note?.Writer,
                GivenSince = note?.Since,
                OutlastsUse = note?.UnderExclusiveLock == true,
            });
        }
        catch (CephException e) when (e.Errno != Errno.NoEntry)
        {
            _broken.Enqueue((name, e.Message));
        }
        catch (CephException)
        {
            // Removed since it was listed, or a name whose image was never finished: the next mount clears that away.
        }
    }

    private static ImageMark? MarkOf(RbdImage image)
    {
        try
        {
            return FormatMark.Read(image) is { } mark ? new ImageMark(mark.FileSystem, mark.Node, mark.Since) : null;
        }
        catch (VolumeException)
        {
            return new ImageMark("", "", Since: null);
        }
    }
}
