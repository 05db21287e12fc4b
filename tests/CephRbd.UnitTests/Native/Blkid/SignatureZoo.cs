using System.Buffers.Binary;
using System.Diagnostics;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Native.Linux;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.UnitTests.Native.Blkid;

/// <summary>Sparse images with signatures on them, by the real tools where these work on plain files, else by hand.</summary>
internal sealed class SignatureZoo : IDisposable
{
    private static readonly string[] _toolFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    private readonly TempDir _dir = new();
    private readonly string _image;

    public SignatureZoo() => _image = _dir["image"];

    public void Dispose() => _dir.Dispose();

    /// <summary>A sparse image that a tool was run on, the image's path being its last argument.</summary>
    public SafeFileHandle Format(long size, string tool, string options)
    {
        var file = Create(size);
        Run(tool, [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), _image]);
        return file;
    }

    public SafeFileHandle Luks(long size, string type)
    {
        var file = Create(size);
        File.WriteAllText(_dir["key"], "not a secret");
        Run("cryptsetup", ["luksFormat", "-q", "--type", type, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", _dir["key"], _image]);
        return file;
    }

    public SafeFileHandle Bytes(long size, params (long Offset, byte[] Content)[] parts)
    {
        var file = Create(size);
        Put(file, parts);
        return file;
    }

    public static void Put(SafeFileHandle file, params (long Offset, byte[] Content)[] parts)
    {
        foreach (var (offset, content) in parts)
        {
            RandomAccess.Write(file, content, offset);
        }
    }

    /// <summary>One primary Linux partition from 1 MiB, 8 MiB long.</summary>
    public static (long, byte[]) DosPartitionTable()
    {
        var tail = new byte[512 - 440];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, 0x12345678);
        tail[446 - 440 + 4] = 0x83;
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(446 - 440 + 8), 2048);
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(446 - 440 + 12), 16384);
        tail[^2] = 0x55;
        tail[^1] = 0xAA;
        return (440, tail);
    }

    /// <summary>The label of a physical volume in sector 1. Its checksum is left wrong.</summary>
    public static (long, byte[]) LvmLabel()
    {
        var sector = new byte[512];
        "LABELONE"u8.CopyTo(sector);
        sector[8] = 1;
        sector[20] = 32;
        "LVM2 001"u8.CopyTo(sector.AsSpan(24));
        "0123456789abcdefghijklmnopqrstuv"u8.CopyTo(sector.AsSpan(32));
        return (512, sector);
    }

    /// <summary>A version 1 RAID superblock, which says itself in which sector it is.</summary>
    public static (long, byte[]) MdSuperblock1(long sector)
    {
        var block = new byte[4096];
        BinaryPrimitives.WriteUInt32LittleEndian(block, 0xa92b4efc);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(4), 1);
        block.AsSpan(16, 16).Fill(0x5a);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(144), sector);
        var sum = 0UL;
        for (var at = 0; at < 256; at += 4)
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(at));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(216), (uint)sum + (uint)(sum >> 32));
        return (sector * 512, block);
    }

    /// <summary>A version 0.90 RAID superblock, in the last 64 to 128 KiB.</summary>
    public static (long, byte[]) MdSuperblock0(long size)
    {
        var block = new byte[4096];
        BinaryPrimitives.WriteUInt32LittleEndian(block, 0xa92b4efc);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(8), 90);
        block.AsSpan(20, 4).Fill(0x5a);
        return ((size & ~65535L) - 65536, block);
    }

    /// <summary>A bcache superblock. Its checksum is left wrong.</summary>
    public static (long, byte[]) Bcache()
    {
        var block = new byte[4096];
        block[8] = 8;
        block[16] = 1;
        byte[] magic = [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81];
        magic.CopyTo(block, 24);
        block.AsSpan(40, 16).Fill(0x5a);
        return (4096, block);
    }

    /// <summary>An NTFS boot sector: 4 KiB clusters, records of 1 KiB, the file table at a given byte.</summary>
    public static (long, byte[]) NtfsBootSector(long size, long table)
    {
        var sector = new byte[512];
        "NTFS    "u8.CopyTo(sector.AsSpan(3));
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(0x0b), 512);
        sector[0x0d] = 8;
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x28), (size / 512) - 1);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x30), table / 4096);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x38), 2);
        sector[0x40] = 0xf6;
        sector[0x44] = 1;
        sector[510] = 0x55;
        sector[511] = 0xaa;
        return (0, sector);
    }

    private SafeFileHandle Create(long size)
    {
        // Not by File.OpenHandle, which takes a flock that cryptsetup would wait for.
        var file = Files.Open(_image, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.CloseOnExec, 0x180);
        Files.SetLength(file, size);
        return file;
    }

    private static void Run(string tool, string[] arguments)
    {
        var path = _toolFolders.Select(dir => Path.Join(dir, tool)).FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.Skip($"{tool} is not installed");
        }

        using var process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill();
            Assert.Fail($"{tool} did not end");
        }

        Assert.True(process.ExitCode == 0, $"{tool} exited {process.ExitCode}: {output.Result} {error.Result}");
    }
}
