using System.Text;
using CephRbd.Native;

namespace CephRbd.Driver.Mapping;

/// <summary>Small files of the kernel: one value each, and gone from one moment to the next.</summary>
internal static class Sysfs
{
    /// <summary>Reads a value with its line feed; null when there is no such file (any more).</summary>
    /// <exception cref="IOException">The kernel refuses otherwise.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel refuses to let it be read.</exception>
    public static string? Read(string path)
    {
        // An exception costs more than the question, and most of what is asked for is not there.
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
            Span<byte> buffer = stackalloc byte[4096];
            int length = RandomAccess.Read(file, buffer, 0);
            return Encoding.UTF8.GetString(buffer[..length]);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (e.HResult is Errno.NoDevice or Errno.NoEntry or Errno.NoSuchDevice)
        {
            // The device went away between open and read.
            return null;
        }
    }

    /// <summary>Reads a value without its line feed; null when there is none.</summary>
    /// <inheritdoc cref="Read"/>
    public static string? ReadTrimmed(string path) => Read(path)?.Trim();

    /// <summary>The kernel's name of the block device with these numbers (<c>rbd0</c>); null when there is none.</summary>
    public static string? BlockDeviceName(uint major, uint minor)
    {
        string link = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/sys/dev/block/{major}:{minor}");
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false) is { } target ? Path.GetFileName(target.FullName) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
