using System.Runtime.InteropServices.Marshalling;

namespace CephRbd.Native.Linux;

/// <summary>Block devices: their numbers, their nodes, and whether somebody has claimed one.</summary>
public static class DeviceNodes
{
    private const nint CurrentDirectory = -100;
    private const uint BlockDevice = 0x6000;

    /// <summary>The number of the block device that a path leads to, links followed; null if none is there.</summary>
    /// <exception cref="LinuxException">The path cannot be examined.</exception>
    public static (uint Major, uint Minor)? BlockDeviceAt(string path)
        => Files.RealDeviceOf(path) is { } device ? (Major(device), Minor(device)) : null;

    /// <summary>Makes a block device's node.</summary>
    /// <param name="path">Where; nothing may be there.</param>
    /// <param name="major">The driver's number.</param>
    /// <param name="minor">The device's number with that driver.</param>
    /// <param name="mode">Permission bits, less the umask.</param>
    /// <exception cref="LinuxException">mknodat(2) failed; EEXIST: something is there, EPERM: no CAP_MKNOD.</exception>
    public static unsafe void MakeBlock(string path, uint major, uint minor, uint mode)
    {
        var name = Utf8StringMarshaller.ConvertToUnmanaged(path);
        try
        {
            var made = Libc.Syscall(SyscallNumbers.MakeNodeAt, CurrentDirectory, (nint)name, (nint)(BlockDevice | mode), (nint)Encode(major, minor));
            Check.Zero((int)made, "mknodat", path);
        }
        finally
        {
            Utf8StringMarshaller.Free(name);
        }
    }

    /// <summary>
    /// Whether nobody has claimed a block device: no mount in any namespace, no device mapper, RAID or swap above it,
    /// no opening with O_EXCL. Plain readers and writers do not count. It is claimed for the moment of asking.
    /// </summary>
    /// <exception cref="LinuxException">open(2) failed otherwise; ENXIO or ENODEV: the node has no device behind it.</exception>
    public static bool IsFree(string path)
    {
        try
        {
            using var claimed = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Exclusive | OpenFlags.CloseOnExec, 0);
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errno.Busy)
        {
            return false;
        }
    }

    /// <summary>The driver's part of a device number (a dev_t as glibc has it).</summary>
    public static uint Major(ulong dev) => (uint)(((dev >> 8) & 0xFFF) | ((dev >> 32) & 0xFFFFF000));

    /// <summary>The device's part of a device number (a dev_t as glibc has it).</summary>
    public static uint Minor(ulong dev) => (uint)((dev & 0xFF) | ((dev >> 12) & 0xFFFFFF00));

    /// <summary>The device number (a dev_t as glibc has it) of the two parts.</summary>
    public static ulong Encode(uint major, uint minor)
        => ((major & 0xFFFUL) << 8) | ((major & 0xFFFFF000UL) << 32) | (minor & 0xFFUL) | ((minor & 0xFFFFFF00UL) << 12);
}
