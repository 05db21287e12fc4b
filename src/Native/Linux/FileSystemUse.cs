using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <summary>How full a file system is.</summary>
/// <param name="TotalBytes">Its size, less its own overhead.</param>
/// <param name="AvailableBytes">Free for users other than root.</param>
/// <param name="UsedBytes">Taken by files; with the available ones less than the total where some are kept for root.</param>
/// <param name="Inodes">All inodes; 0 where the file system does not count them.</param>
/// <param name="InodesFree">Those not in use.</param>
public readonly record struct FileSystemUse(ulong TotalBytes, ulong AvailableBytes, ulong UsedBytes, ulong Inodes, ulong InodesFree)
{
    /// <summary>Asks the file system that a path is on (statfs(2)). A file server that does not answer can take for ever.</summary>
    /// <returns>Null if the path is gone.</returns>
    /// <exception cref="LinuxException">statfs(2) failed otherwise.</exception>
    public static unsafe FileSystemUse? Of(string path)
    {
        FileSystemStatus status;
        while (Libc.StatFileSystem(path, &status) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Interrupted:
                    break;
                case Errno.NoEntry or Errno.NotDirectory:
                    return null;
                case var errno:
                    throw new LinuxException("statfs", errno, path);
            }
        }

        // f_bsize is the size of a good transfer; f_frsize, where it is set, the one that the counts are in.
        var unit = status.FragmentSize > 0 ? (ulong)status.FragmentSize : (ulong)status.BlockSize;
        return new FileSystemUse(
            TotalBytes: status.Blocks * unit,
            AvailableBytes: status.BlocksAvailable * unit,
            UsedBytes: (status.Blocks - status.BlocksFree) * unit,
            Inodes: status.Files,
            InodesFree: status.FilesFree);
    }
}

/// <summary><c>struct statfs</c>, the same on x64 and arm64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
internal struct FileSystemStatus
{
    internal long Type;
    internal long BlockSize;
    internal ulong Blocks;
    internal ulong BlocksFree;
    internal ulong BlocksAvailable;
    internal ulong Files;
    internal ulong FilesFree;
    internal ulong Id;
    internal long NameLength;
    internal long FragmentSize;
    internal long Flags;
}
