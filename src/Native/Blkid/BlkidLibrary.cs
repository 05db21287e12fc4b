using System.Runtime.InteropServices;

namespace CephRbd.Native.Blkid;

/// <summary>
/// The functions used of libblkid.so.1, all there since util-linux 2.21. Loaded at first use, since only a mount
/// of an image that may need a file system asks for it.
/// </summary>
internal sealed unsafe class BlkidLibrary
{
    private const string Soname = "libblkid.so.1";

    private static readonly Lazy<BlkidLibrary> _loaded = new(() => new BlkidLibrary(Soname));

    /// <summary>Loads a library that exports what libblkid does.</summary>
    /// <exception cref="NativeLibraryException">It, or a function of it, is not there.</exception>
    internal BlkidLibrary(string soname)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(soname);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(soname, null, e);
        }

        nint Find(string symbol)
        {
            try
            {
                return NativeLibrary.GetExport(handle, symbol);
            }
            catch (EntryPointNotFoundException e)
            {
                throw new NativeLibraryException(soname, symbol, e);
            }
        }

        NewProbe = (delegate* unmanaged<nint>)Find("blkid_new_probe");
        FreeProbe = (delegate* unmanaged<nint, void>)Find("blkid_free_probe");
        ResetProbe = (delegate* unmanaged<nint, void>)Find("blkid_reset_probe");
        SetDevice = (delegate* unmanaged<nint, int, long, long, int>)Find("blkid_probe_set_device");
        EnableSuperblocks = (delegate* unmanaged<nint, int, int>)Find("blkid_probe_enable_superblocks");
        SetSuperblocksFlags = (delegate* unmanaged<nint, int, int>)Find("blkid_probe_set_superblocks_flags");
        EnablePartitions = (delegate* unmanaged<nint, int, int>)Find("blkid_probe_enable_partitions");
        SetPartitionsFlags = (delegate* unmanaged<nint, int, int>)Find("blkid_probe_set_partitions_flags");
        DoSafeProbe = (delegate* unmanaged<nint, int>)Find("blkid_do_safeprobe");
        DoProbe = (delegate* unmanaged<nint, int>)Find("blkid_do_probe");
        LookupValue = (delegate* unmanaged<nint, byte*, byte**, nuint*, int>)Find("blkid_probe_lookup_value");
    }

    /// <summary>The library, loaded once.</summary>
    /// <exception cref="NativeLibraryException">It, or a function of it, is not on this machine.</exception>
    internal static BlkidLibrary Instance => _loaded.Value;

    /// <summary><c>blkid_probe blkid_new_probe(void)</c></summary>
    internal delegate* unmanaged<nint> NewProbe { get; }

    /// <summary><c>void blkid_free_probe(blkid_probe pr)</c></summary>
    internal delegate* unmanaged<nint, void> FreeProbe { get; }

    /// <summary><c>void blkid_reset_probe(blkid_probe pr)</c></summary>
    internal delegate* unmanaged<nint, void> ResetProbe { get; }

    /// <summary><c>int blkid_probe_set_device(blkid_probe pr, int fd, blkid_loff_t off, blkid_loff_t size)</c></summary>
    internal delegate* unmanaged<nint, int, long, long, int> SetDevice { get; }

    /// <summary><c>int blkid_probe_enable_superblocks(blkid_probe pr, int enable)</c></summary>
    internal delegate* unmanaged<nint, int, int> EnableSuperblocks { get; }

    /// <summary><c>int blkid_probe_set_superblocks_flags(blkid_probe pr, int flags)</c></summary>
    internal delegate* unmanaged<nint, int, int> SetSuperblocksFlags { get; }

    /// <summary><c>int blkid_probe_enable_partitions(blkid_probe pr, int enable)</c></summary>
    internal delegate* unmanaged<nint, int, int> EnablePartitions { get; }

    /// <summary><c>int blkid_probe_set_partitions_flags(blkid_probe pr, int flags)</c></summary>
    internal delegate* unmanaged<nint, int, int> SetPartitionsFlags { get; }

    /// <summary><c>int blkid_do_safeprobe(blkid_probe pr)</c>: 0 found, 1 nothing, -2 ambivalent, -1 error.</summary>
    internal delegate* unmanaged<nint, int> DoSafeProbe { get; }

    /// <summary><c>int blkid_do_probe(blkid_probe pr)</c>: 0 found the next one, 1 no more, -1 error.</summary>
    internal delegate* unmanaged<nint, int> DoProbe { get; }

    /// <summary><c>int blkid_probe_lookup_value(blkid_probe pr, const char *name, const char **data, size_t *len)</c>; len counts the NUL.</summary>
    internal delegate* unmanaged<nint, byte*, byte**, nuint*, int> LookupValue { get; }
}
