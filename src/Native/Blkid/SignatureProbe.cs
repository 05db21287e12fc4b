using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Native.Blkid;

/// <summary>
/// Asks libblkid what a file, or a device, holds. It looks at head and tail only (release 2.38: up to 4,194,816
/// bytes from the start and 1,580,544 from the end, whatever the size), unless what it finds there points elsewhere:
/// NTFS, for one, is recognised only by a file table that may be anywhere in the image; from head and tail alone its
/// boot sector is taken for a DOS partition table. So a copy of head and tail is enough to know Linux's file systems,
/// LVM, LUKS, RAID and partition tables by name. "Nothing" about bytes that are not all zero does not mean blank.
/// </summary>
public static class SignatureProbe
{
    /// <summary>Bytes from the start that a copy for probing must hold: twice what the library looks at.</summary>
    public const long HeadBytes = 8L << 20;

    /// <summary>Bytes before the end that a copy for probing must hold: more than twice what the library looks at.</summary>
    public const long TailBytes = 4L << 20;

    private const int Label = 1 << 1;
    private const int Uuid = 1 << 3;
    private const int Type = 1 << 5;
    private const int Usage = 1 << 7;
    private const int Version = 1 << 8;
    private const int Magic = 1 << 9;

    /// <summary>A superblock with a wrong checksum is somebody's data all the same.</summary>
    private const int BadChecksum = 1 << 10;

    /// <summary>A GPT counts even where the protective MBR before it was overwritten.</summary>
    private const int ForceGpt = 1 << 1;

    private const int ResultFound = 0;
    private const int ResultNothing = 1;
    private const int ResultAmbivalent = -2;

    /// <summary>Far more than any image can hold; a bound on the library's loop.</summary>
    private const int MostSignatures = 64;

    /// <summary>Looks for every signature that libblkid knows.</summary>
    /// <param name="file">Open for reading. Its offset may move.</param>
    /// <param name="size">Bytes of the image; the file may be shorter only by a hole.</param>
    /// <exception cref="BlkidException">The library failed, so nothing is known.</exception>
    /// <exception cref="NativeLibraryException">The library is not on this machine.</exception>
    public static unsafe ProbeResult Probe(SafeFileHandle file, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        var library = BlkidLibrary.Instance;
        var held = false;
        nint probe = 0;
        try
        {
            file.DangerousAddRef(ref held);
            probe = library.NewProbe();
            if (probe == 0)
            {
                throw Failure("blkid_new_probe");
            }

            Check(library.SetDevice(probe, (int)file.DangerousGetHandle(), 0, size), "blkid_probe_set_device");
            Check(library.EnableSuperblocks(probe, 1), "blkid_probe_enable_superblocks");
            Check(
                library.SetSuperblocksFlags(probe, Label | Uuid | Type | Usage | Version | Magic | BadChecksum),
                "blkid_probe_set_superblocks_flags");
            Check(library.EnablePartitions(probe, 1), "blkid_probe_enable_partitions");
            Check(library.SetPartitionsFlags(probe, ForceGpt), "blkid_probe_set_partitions_flags");

            // The safe probe says whether signatures contradict each other; the plain one lists them all.
            Marshal.SetLastSystemError(0);
            var safe = library.DoSafeProbe(probe);
            if (safe is not (ResultFound or ResultNothing or ResultAmbivalent))
            {
                throw Failure("blkid_do_safeprobe");
            }

            library.ResetProbe(probe);
            var signatures = ListAll(library, probe);
            var outcome = safe == ResultAmbivalent ? ProbeOutcome.Ambivalent
                : safe == ResultFound || signatures.Count > 0 ? ProbeOutcome.Found
                : ProbeOutcome.Nothing;
            return new ProbeResult(outcome, signatures);
        }
        finally
        {
            if (probe != 0)
            {
                library.FreeProbe(probe);
            }

            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    private static unsafe List<Signature> ListAll(BlkidLibrary library, nint probe)
    {
        var signatures = new List<Signature>();
        while (signatures.Count < MostSignatures)
        {
            Marshal.SetLastSystemError(0);
            switch (library.DoProbe(probe))
            {
                case ResultFound:
                    if (ReadSignature(library, probe) is { } signature && !signatures.Contains(signature))
                    {
                        signatures.Add(signature);
                        break;
                    }

                    // A result without a name, or the same one again: the loop would not get further by it.
                    return signatures;
                case ResultNothing:
                    return signatures;
                default:
                    throw Failure("blkid_do_probe");
            }
        }

        return signatures;
    }

    private static Signature? ReadSignature(BlkidLibrary library, nint probe)
    {
        if (Value(library, probe, "TYPE\0"u8) is { } type)
        {
            return new Signature(
                Value(library, probe, "USAGE\0"u8) ?? "other",
                type,
                Value(library, probe, "UUID\0"u8),
                Value(library, probe, "LABEL\0"u8),
                Value(library, probe, "VERSION\0"u8));
        }

        return Value(library, probe, "PTTYPE\0"u8) is { } table
            ? new Signature("partition-table", table, Value(library, probe, "PTUUID\0"u8), null, null)
            : null;
    }

    private static unsafe string? Value(BlkidLibrary library, nint probe, ReadOnlySpan<byte> name)
    {
        byte* data;
        nuint length;
        fixed (byte* key = name)
        {
            if (library.LookupValue(probe, key, &data, &length) != 0)
            {
                return null;
            }
        }

        var bytes = new ReadOnlySpan<byte>(data, (int)length);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw Failure(call);
        }
    }

    private static BlkidException Failure(string call) => new(call, Marshal.GetLastSystemError());
}
