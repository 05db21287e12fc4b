using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// Decides what an image needs before a pod may have it, and makes its file system if, and only if, it is proven
/// blank or carries our own mark of an unfinished format.
/// </summary>
internal sealed class ImageFormatter(DriverConfig config, Steps steps)
{
    /// <summary>What is to be done with an image.</summary>
    internal enum Need
    {
        /// <summary>It holds what the spec asks for.</summary>
        Nothing,

        /// <summary>It holds what the spec asks for, and a mark of ours that is to be taken off.</summary>
        TakeOffMark,

        /// <summary>It is blank.</summary>
        Format,

        /// <summary>A format of ours stopped half way.</summary>
        FormatAgain,
    }

    // mkfs.X and libblkid do not always use one word for one thing.
    private static readonly Dictionary<string, string> _sameAs = new(StringComparer.Ordinal)
    {
        ["fat"] = "vfat",
        ["msdos"] = "vfat",
        ["ntfs-3g"] = "ntfs",
    };

    /// <summary>Looks at an open image (read-only is enough) and decides.</summary>
    /// <param name="image">The image.</param>
    /// <param name="info">Its measures.</param>
    /// <param name="spec">The volume.</param>
    /// <param name="depth">How sure to be that a blank image is blank.</param>
    /// <param name="meanwhile">Done once, while the first bytes are on their way; before anything else is looked at.</param>
    /// <exception cref="VolumeException">It holds something else: it is never touched.</exception>
    public Need Examine(RbdImage image, RbdImageInfo info, VolumeSpec spec, InspectionDepth depth, Action? meanwhile = null)
    {
        (Contents contents, FormatMark? mark) = Look(meanwhile);
        if (contents.Kind == ContentsKind.Unknown && mark is null)
        {
            // Another call may be formatting: we saw some of its data, and it finished and took its mark off before we
            // looked for that. Then there is a file system by now; if not, the data is somebody's.
            (contents, mark) = Look(null);
        }

        return Decide(contents, mark, spec);

        // The mark after the data: it is set before the first byte, so data of a format that is under way comes with it.
        (Contents Contents, FormatMark? Mark) Look(Action? meanwhile) => (
            ImageInspector.Inspect(image, info, depth, steps, meanwhile),
            steps.Run("look for an unfinished format", () => FormatMark.Read(image)));
    }

    /// <summary>The decision table.</summary>
    /// <exception cref="VolumeException">The image is not the spec's to use.</exception>
    internal static Need Decide(Contents contents, FormatMark? mark, VolumeSpec spec)
    {
        string image = $"image {spec.ImageSpec}";
        switch (contents.Kind)
        {
            case ContentsKind.FileSystem when Same(contents.FileSystem!, spec.FsType):
                return mark is null || spec.ReadOnly ? Need.Nothing : Need.TakeOffMark;
            case ContentsKind.FileSystem:
                throw new VolumeException(
                    $"{image} holds {contents.Words}, but {spec.FsType} is asked for: nothing was changed. Correct fsType, or give the pod another image");
            case ContentsKind.Data:
                throw new VolumeException(
                    $"{image} is not ours to format: it holds {contents.Words}. Nothing was changed. Give the pod another image, or empty this one yourself if its data can go");
            case ContentsKind.Blank or ContentsKind.Unknown when spec.ReadOnly:
                throw new VolumeException(
                    $"{image} is asked for read-only, but holds no file system ({contents.Words}); a read-only volume is never formatted. Mount it once for writing");
            case ContentsKind.Blank or ContentsKind.Unknown when mark is not null:
                return Need.FormatAgain;
            case ContentsKind.Blank:
                return Need.Format;
            default:
                throw new VolumeException(
                    $"{image} is not blank, so it is not formatted: {contents.Words}. Nothing was changed. If its data can go, empty it yourself (rbd rm, rbd create)");
        }
    }

    /// <summary>
    /// Makes the file system, alone in the cluster: under a lock the image is examined once more, since another node
    /// may have been quicker.
    /// </summary>
    /// <param name="pool">The image's pool.</param>
    /// <param name="spec">The volume.</param>
    /// <param name="size">The image's size in bytes, as far as known: mkfs starts on it at once.</param>
    /// <param name="newborn">This call created it.</param>
    /// <param name="watchers">Tells who else has the image open.</param>
    /// <param name="opened">Is shown the image once it is open and locked.</param>
    /// <exception cref="VolumeException">The image is not to be formatted, or mkfs failed.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public void Format(RadosIoContext pool, VolumeSpec spec, ulong size, bool newborn, WatcherList watchers, Action<RbdImage> opened)
    {
        // mkfs needs nothing of the cluster: it works while the image is opened, locked and looked at again.
        using var making = new ScratchInTheMaking(() =>
            FileSystemMaker.Make(spec.FsType, size, spec.MkfsOptions, spec.ImageSpec, config, steps.Deadline));
        using var locked = LockedImage.Open(pool, spec, steps);
        RbdImage image = locked.Image;
        opened(image);
        RbdImageInfo info = image.Stat();

        // What this call created a moment ago can hold nothing that shows no signature. Of any other, what counts is
        // what it holds once nobody else can write to it.
        Need need = Examine(image, info, spec, newborn ? InspectionDepth.Glance : InspectionDepth.Ends);
        if (!newborn && need is (Need.Format or Need.FormatAgain))
        {
            steps.Run("wait until nobody else has the image open", () => OtherWatchers.WaitUntilGone(() => watchers.Others(image), spec, steps.Deadline),
                $"rbd status {spec.ImageSpec}");
            need = Examine(image, info, spec, InspectionDepth.Proof);
        }

        if (need == Need.Nothing)
        {
            return;
        }

        if (need == Need.TakeOffMark)
        {
            Finish(locked);
            return;
        }

        if (need == Need.FormatAgain)
        {
            steps.Run("discard the unfinished format", () => DiscardAll(image, info));
        }

        Scratch scratch = steps.Run($"mkfs.{spec.FsType}", () => making.Result(info.SizeBytes, spec));
        var mark = new FormatMark(scratch.Signature.Type, scratch.Signature.Uuid ?? "", Environment.MachineName, DateTimeOffset.UtcNow);
        steps.Run("mark the format as begun", () => mark.Write(image));
        ulong unit = image.StripeUnit is > 0 and var stripe && stripe < info.ObjectSizeBytes ? stripe : info.ObjectSizeBytes;
        ExtentWriter.Write(image, scratch.File, info, unit, config.WriteParallelism, steps);
        Finish(locked);
    }

    /// <summary>Takes a leftover mark off a complete file system, and what its writer left of the lock.</summary>
    /// <exception cref="VolumeException">Another call is about to do so, and does not end.</exception>
    /// <exception cref="Native.CephException">The cluster failed.</exception>
    public void TakeOffMark(RadosIoContext pool, VolumeSpec spec)
    {
        using var locked = LockedImage.Open(pool, spec, steps);
        Finish(locked);
    }

    // The lock's object goes before the mark: a call that dies in between leaves the mark, and who takes that off
    // takes the lock as well. The other way round the object would stay for ever.
    private void Finish(LockedImage locked)
    {
        steps.Run("give the format lock back", locked.Unlock);
        steps.Run("mark the format as finished", () => FormatMark.Remove(locked.Image));
    }

    /// <summary>Whether two names mean one file system.</summary>
    internal static bool Same(string found, string asked) => Canonical(found) == Canonical(asked);

    private static string Canonical(string fsType) => _sameAs.GetValueOrDefault(fsType, fsType);

    private void DiscardAll(RbdImage image, RbdImageInfo info)
    {
        var extents = new List<(ulong Offset, ulong Length)>();
        image.DiffExtents(0, info.SizeBytes, wholeObject: true, (offset, length, exists) =>
        {
            if (exists)
            {
                extents.Add((offset, length));
            }

            return true;
        });
        using var batch = new RbdAioBatch(image, config.WriteParallelism);
        foreach ((ulong offset, ulong length) in extents)
        {
            steps.Deadline.Check();
            batch.Discard(offset, length);
        }

        batch.Drain();
        image.Flush();
    }

    /// <summary>mkfs on a thread of its own; whoever leaves early waits for it, and it stops at the deadline.</summary>
    private sealed class ScratchInTheMaking(Func<Scratch> make) : IDisposable
    {
        private readonly Task<Scratch> _task = Task.Factory.StartNew(
            make, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        public Scratch Result(ulong size, VolumeSpec spec)
        {
            Scratch scratch = _task.GetAwaiter().GetResult();
            ulong made = (ulong)RandomAccess.GetLength(scratch.File);
            return made == size ? scratch : throw new VolumeException(
                $"image {spec.ImageSpec}: its size changed from {made} to {size} bytes meanwhile; nothing was written. It is tried again");
        }

        public void Dispose()
        {
            ((IAsyncResult)_task).AsyncWaitHandle.WaitOne();
            if (_task.IsCompletedSuccessfully)
            {
                _task.Result.Dispose();
            }
            else
            {
                // Observed: whoever asked for the result got the exception; who did not has one of its own.
                _ = _task.Exception;
            }
        }
    }
}
