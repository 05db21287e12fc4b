using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.FileSystems;

/// <summary>The file systems' own programs: who checks and who grows.</summary>
internal sealed class FileSystemTools(Steps steps)
{
    private const int LeftUncorrected = 4;

    /// <summary>Repairs what can be repaired without asking: <c>e2fsck -p</c>.</summary>
    /// <exception cref="VolumeException">It needs a person; says what e2fsck said.</exception>
    public void CheckExt(Disk disk)
    {
        (int exit, string words) = steps.Run($"e2fsck -p {disk.Path}", () => Run("e2fsck", "e2fsprogs", ["-p", disk.Path], disk), $"e2fsck on a big file system takes long: raise timeoutSeconds, or check {disk.ImageSpec} by hand");
        if ((exit & ~3) != 0)
        {
            bool damaged = (exit & LeftUncorrected) != 0;
            throw new VolumeException(
                $"image {disk.ImageSpec}: its file system {(damaged ? "is damaged and e2fsck -p does not repair it without a person" : $"was not left clean, and e2fsck could not check it (exit status {exit})")}: {words}. Nothing was mounted. " +
                (damaged
                    ? $"Make a snapshot (rbd snap create {disk.ImageSpec}@before-fsck), then map it (rbd map {disk.ImageSpec}) and run e2fsck on the device"
                    : "Does something else use the device? The call succeeds when that has ended"));
        }
    }

    /// <summary>What <c>xfs_repair -n</c> says, as the end of a sentence. It changes nothing.</summary>
    public string JudgeXfs(Disk disk)
    {
        if (Tool.Find("xfs_repair") is null)
        {
            return ". xfs_repair is not on this node (apt install xfsprogs)";
        }

        (int exit, string words) = steps.Run($"xfs_repair -n {disk.Path}", () => Run("xfs_repair", "xfsprogs", ["-n", disk.Path], disk));
        return exit == 0
            ? ". xfs_repair -n finds nothing wrong"
            : $". xfs_repair -n ({exit}): {words}. Nothing was mounted or repaired. Make a snapshot (rbd snap create {disk.ImageSpec}@before-repair), then map it (rbd map {disk.ImageSpec}) and run xfs_repair on the device";
    }

    /// <summary>Grows a mounted file system to its device. One that has the size already stays as it is.</summary>
    /// <param name="disk">The device.</param>
    /// <param name="mountPoint">Where it is mounted for writing.</param>
    /// <param name="fsType">The file system.</param>
    /// <exception cref="VolumeException">It cannot grow; says what the program said.</exception>
    public void Grow(Disk disk, string mountPoint, string fsType)
    {
        (string program, string package, string[] arguments) = fsType switch
        {
            "ext2" or "ext3" or "ext4" => ("resize2fs", "e2fsprogs", (string[])[disk.Path]),
            "xfs" => ("xfs_growfs", "xfsprogs", ["-d", mountPoint]),
            "btrfs" => ("btrfs", "btrfs-progs", ["filesystem", "resize", "max", mountPoint]),
            _ => throw new VolumeException($"image {disk.ImageSpec}: how a {fsType} grows is not known to this driver; ext2, ext3, ext4, xfs and btrfs are"),
        };
        (int exit, string words) = steps.Run($"grow the {fsType} on {disk.Name}", () => Run(program, package, arguments, disk));
        if (exit != 0)
        {
            throw new VolumeException($"image {disk.ImageSpec}: {program} could not grow its {fsType} ({exit}): {words}. The file system is as it was");
        }
    }

    private (int ExitCode, string Words) Run(string program, string package, string[] arguments, Disk disk) =>
        Tool.Find(program) is { } path
            ? Tool.Run(path, arguments, "/", steps.Deadline)
            : throw new VolumeException($"image {disk.ImageSpec}: {program} is needed, and is not on this node: apt install {package}");
}
