using System.Runtime.InteropServices;

namespace CephRbd.Native;

/// <summary>
/// Memory outside the managed heap, all zeros at first: asynchronous calls may read and write it while the garbage
/// collector does as it likes. The kernel gives pages only where they are touched.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Makes the buffer.</summary>
    /// <param name="length">Bytes, at most 2 GiB.</param>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public NativeBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Pointer = (byte*)NativeMemory.AllocZeroed((nuint)length);
        Length = length;
    }

    /// <summary>The first byte; null after <see cref="Dispose"/>.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>Bytes.</summary>
    public int Length { get; }

    /// <summary>All of it.</summary>
    public Span<byte> Span => new(Pointer, Pointer is null ? 0 : Length);

    /// <summary>Gives the memory back. Nothing may be under way in it.</summary>
    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
