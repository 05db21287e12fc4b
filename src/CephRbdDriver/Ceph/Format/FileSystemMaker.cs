using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Blkid;
using CephRbd.Native.Linux;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>A file system in a sparse file that has no name: it goes with the process, however that ends.</summary>
/// <param name="File">The file, of the image's size.</param>
/// <param name="Signature">What libblkid finds in it.</param>
internal sealed record Scratch(SafeFileHandle File, Signature Signature) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => File.Dispose();
}

/// <summary>Lets <c>mkfs.&lt;type&gt;</c> make a file system in a file, so that no block device is needed.</summary>
internal static class FileSystemMaker
{
    /// <summary>Makes it.</summary>
    /// <param name="fsType">As in the spec: <c>ext4</c>, <c>xfs</c>, …</param>
    /// <param name="size">The image's size in bytes.</param>
    /// <param name="userOptions">The option mkfsOptions.</param>
    /// <param name="image">For messages.</param>
    /// <param name="config">Where scratch files may lie.</param>
    /// <param name="deadline">The call's.</param>
    /// <exception cref="VolumeException">mkfs is missing or failed.</exception>
    public static Scratch Make(string fsType, ulong size, IReadOnlyList<string> userOptions, string image, DriverConfig config, Deadline deadline)
    {
        string tool = "mkfs." + fsType;
        string path = Tool.Find(tool) ?? throw new VolumeException(
            $"image {image} is blank and shall get {fsType}, but this node has no {tool}. Install it (Debian, Kylin: apt install {PackageOf(fsType)})");
        SafeFileHandle file = OpenScratch(fsType, size, config, image);
        try
        {
            string target = $"/proc/{Environment.ProcessId}/fd/{file.DangerousGetHandle()}";
            (int exit, string words) = Tool.Run(path, [.. Arguments(fsType, userOptions), target], EmptyFolder(config, image), deadline);
            if (exit != 0)
            {
                throw new VolumeException($"image {image}: {tool} failed with status {exit}, nothing was written to the image: {words}");
            }

            if (RandomAccess.GetLength(file) is var length && length != (long)size)
            {
                throw new VolumeException(
                    $"image {image}: {tool} ended well but left {length} of the image's {size} bytes; nothing was written to the image. Check mkfsOptions, and whether {path} is the right program");
            }

            ProbeResult probe = SignatureProbe.Probe(file, (long)size);
            if (Contents.Of(probe).Kind != ContentsKind.FileSystem)
            {
                throw new VolumeException(
                    $"image {image}: {tool} ended well but left {Contents.Of(probe).Words}; nothing was written to the image. Check mkfsOptions");
            }

            return new Scratch(file, probe.Signatures[0]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The arguments before the target: ours make mkfs quiet, quick and sure (no discard of what is blank, no wait
    /// for tables that the kernel fills in later), then the user's.
    /// </summary>
    internal static IReadOnlyList<string> Arguments(string fsType, IReadOnlyList<string> userOptions)
    {
        var user = new List<string>(userOptions);
        switch (fsType)
        {
            case "ext2" or "ext3" or "ext4":
                // mke2fs knows only the last -E: the user's values join ours.
                string extended = "lazy_itable_init=1,lazy_journal_init=1,nodiscard";
                for (int at; (at = user.FindIndex(option => option.StartsWith("-E", StringComparison.Ordinal))) >= 0;)
                {
                    bool separate = user[at].Length == 2 && at + 1 < user.Count;
                    extended += "," + (separate ? user[at + 1] : user[at][2..]);
                    user.RemoveRange(at, separate ? 2 : 1);
                }

                return ["-q", "-F", "-E", extended, .. FlexGroups(fsType, user), .. user];
            case "xfs" or "btrfs":
                return ["-q", "-f", "-K", .. user];
            default:
                return user;
        }
    }

    // ext4 puts the bitmaps of 16 block groups (2 GiB) side by side. On a disk that keeps them near their data; an image
    // has no near and far, but each such place is one more object to write: with 256 groups a tenth of them is left.
    private static string[] FlexGroups(string fsType, List<string> user) =>
        fsType == "ext4" && !user.Exists(option => option.StartsWith("-G", StringComparison.Ordinal) || option.Contains("flex_bg", StringComparison.Ordinal))
            ? ["-G", "256"]
            : [];

    // A name in mkfsOptions ("-d etc") must not reach files of the node: there are none where mkfs runs.
    private static string EmptyFolder(DriverConfig config, string image)
    {
        string folder = Path.Combine(config.RunDir, "empty");
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VolumeException($"image {image}: cannot make the folder {folder}: {e.Message}. Check runDir in the config", e);
        }
    }

    private static string PackageOf(string fsType) => fsType switch
    {
        "ext2" or "ext3" or "ext4" => "e2fsprogs",
        "xfs" => "xfsprogs",
        "btrfs" => "btrfs-progs",
        "vfat" or "fat" or "msdos" => "dosfstools",
        _ => $"the package that has mkfs.{fsType}",
    };

    // mke2fs leaves a few MB: memory is the fastest place. Others write their whole log, up to 2 GiB: those go to disk
    // if there is one.
    private static SafeFileHandle OpenScratch(string fsType, ulong size, DriverConfig config, string image)
    {
        bool small = fsType is "ext2" or "ext3" or "ext4";
        string[] folders = small ? [config.RunDir, config.ScratchDir] : [config.ScratchDir, config.RunDir];
        var problems = new List<string>();
        foreach (string folder in folders)
        {
            try
            {
                PrivateFolder.Make(folder);
                return OfSize(Files.OpenUnnamed(folder), size);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
            {
                problems.Add($"{folder}: {e.Message}");
            }
        }

        // A file system may have a limit below the image's size: ext4 takes no file over 16 TiB.
        static SafeFileHandle OfSize(SafeFileHandle file, ulong size)
        {
            try
            {
                Files.SetLength(file, checked((long)size));
                return file;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        throw new VolumeException(
            $"image {image}: no place for a scratch file to make its file system in ({string.Join("; ", problems)}). Set runDir or scratchDir in the config");
    }
}
