using System.Diagnostics;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Guard;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.FileSystems;

/// <summary>A device that is to be mounted.</summary>
/// <param name="Path">Its node.</param>
/// <param name="Name">The kernel's name of it, as its log has it.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="ImageSpec">The image, for messages.</param>
/// <param name="IsMounted">Whether it is mounted somewhere already: then no checker may touch it.</param>
internal sealed record Disk(string Path, string Name, ulong SizeBytes, string ImageSpec, bool IsMounted = false);

/// <summary>Mounts the file system of a device: checked if it was not left clean, grown if its image was.</summary>
internal sealed class DeviceMounter(Steps steps)
{
    private readonly FileSystemTools _tools = new(steps);

    /// <summary>
    /// Checks, mounts and grows. A read-only mount changes nothing on the device: no check, no growth.
    /// </summary>
    /// <param name="disk">The device.</param>
    /// <param name="found">What its superblock tells, if it was read a moment ago; null to have it read.</param>
    /// <param name="target">The directory.</param>
    /// <param name="fsType">The file system.</param>
    /// <param name="options">How to mount it.</param>
    /// <exception cref="VolumeException">It cannot be mounted; with the words of kernel and checker. Nothing is mounted then.</exception>
    public void Mount(Disk disk, OnDevice? found, string target, string fsType, MountOptions options)
    {
        found ??= steps.Run($"read the superblock of {disk.Name}", () => OnDevice.Read(disk.Path, steps.Deadline));
        if (found is { IsExt: true, IsClean: false } && !options.ReadOnly && !disk.IsMounted)
        {
            _tools.CheckExt(disk);
        }

        steps.Run($"mount {disk.Name} ({fsType})", () => MountOrExplain(disk, target, fsType, options, found), $"dmesg | grep {disk.Name}");
        if (options.ReadOnly || found is null || !NeedsGrowth(found.SizeBytes, disk.SizeBytes))
        {
            return;
        }

        try
        {
            _tools.Grow(disk, target, fsType);
        }
        catch
        {
            _ = Detached.Unmount(target, lazy: true, TimeSpan.FromSeconds(1));
            throw;
        }
    }

    /// <summary>
    /// Whether a file system has room to grow that it can use: ext leaves up to some MiB at the end that are too few
    /// for a block group.
    /// </summary>
    internal static bool NeedsGrowth(ulong fileSystem, ulong device) => device > fileSystem && device - fileSystem >= 4UL << 20;

    private void MountOrExplain(Disk disk, string target, string fsType, MountOptions options, OnDevice? found)
    {
        long began = Stopwatch.GetTimestamp();
        if (TryMount(disk, target, fsType, options, options.Data) is not { } errno)
        {
            return;
        }

        if (fsType == "xfs" && errno == Errno.Invalid && found is not null && Twins.Of(found.Uuid, disk, steps.Deadline) is { } twin)
        {
            // A clone or copy of an image that is mounted: XFS wants to be told that this is meant.
            steps.Note($"{twin} has the same UUID: mounting with nouuid");
            string data = options.Data.Length == 0 ? "nouuid" : options.Data + ",nouuid";
            if (TryMount(disk, target, fsType, options, data) is not { } again)
            {
                return;
            }

            errno = again;
        }

        if (found is { IsExt: true } && !options.ReadOnly && !disk.IsMounted && IsDamage(errno))
        {
            // The superblock said clean, the kernel says otherwise.
            _tools.CheckExt(disk);
            if (TryMount(disk, target, fsType, options, options.Data) is not { } again)
            {
                return;
            }

            errno = again;
        }

        string checker = fsType == "xfs" && !options.ReadOnly && !disk.IsMounted && IsDamage(errno) ? _tools.JudgeXfs(disk) : "";
        throw new VolumeException(
            $"image {disk.ImageSpec}: its {fsType} on {disk.Path} cannot be mounted: {Errno.Explain(errno)}{Hint(errno, fsType, options, found)}{Said(disk, began)}{checker}");
    }

    private int? TryMount(Disk disk, string target, string fsType, MountOptions options, string data)
    {
        MountFlags flags = options.PerFileSystem | (options.ReadOnly ? MountFlags.ReadOnly : 0);
        int errno = Detached.Mount(disk.Path, target, fsType, flags, data, steps.Deadline.Patience) ?? throw new DeadlineException(
            $"image {disk.ImageSpec}: its {fsType} on {disk.Path} was not mounted in time. Check ceph -s: OSDs down or frozen, placement groups inactive. The kernel goes on with it; the next call takes up what it finds");
        return errno == 0 ? null : errno;
    }

    // What mount(2) says of a file system that is not as it should be: EINVAL, EIO, EUCLEAN, EBADMSG (a checksum).
    private static bool IsDamage(int errno) => errno is Errno.Invalid or Errno.Io or Errno.NeedsCleaning or Errno.BadMessage;

    private static string Hint(int errno, string fsType, MountOptions options, OnDevice? found) => errno switch
    {
        Errno.NoSuchDevice => $" (this kernel has no {fsType}: modprobe {fsType})",
        Errno.NotPermitted => " (the driver must run as root with the right to mount)",
        Errno.ReadOnly or Errno.Invalid when options.ReadOnly && found is { IsClean: false } or { Type: "xfs" } =>
            $" (its journal has to be replayed, which a read-only volume does not do: mount it once for writing, or give the mountOptions {(fsType == "xfs" ? "norecovery" : "noload")} to read it as it is)",
        Errno.Invalid when options.Data.Length > 0 => $" (does {fsType} know all of the mountOptions \"{options.Data}\"?)",
        _ => "",
    };

    private static string Said(Disk disk, long began) =>
        KernelLog.Since(began, $"EXT4-fs ({disk.Name})", $"EXT4-fs error (device {disk.Name}", $"XFS ({disk.Name})", $"BTRFS", $"{disk.Name}:") is { Length: > 0 } words
            ? $". The kernel said: {words}"
            : "";
}
