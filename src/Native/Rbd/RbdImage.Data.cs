using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace CephRbd.Native.Rbd;

/// <summary>Is told of one extent.</summary>
/// <param name="offset">Where it starts, in bytes.</param>
/// <param name="length">How long it is, in bytes.</param>
/// <param name="exists">False for a hole that is known to have been punched; extents that never existed are not told of.</param>
/// <returns>Whether to go on.</returns>
public delegate bool RbdExtentVisitor(ulong offset, ulong length, bool exists);

public sealed partial class RbdImage
{
    /// <summary>Reads (rbd_read). Parts that do not exist read as zeros.</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="buffer">How much to read, and where to.</param>
    /// <returns>The bytes read; fewer than asked for only at the image's end.</returns>
    /// <exception cref="CephException">EINVAL: the offset is at or beyond the end.</exception>
    public unsafe int Read(ulong offset, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return Ensure.Count(RbdNative.Read(Handle, offset, (nuint)buffer.Length, start), "rbd_read", Name);
        }
    }

    /// <summary>Writes (rbd_write). Durable once <see cref="Flush"/> has returned.</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="data">All of it is written, or the call fails.</param>
    /// <exception cref="CephException">EINVAL: past the end; EROFS: opened read-only; ENOSPC, EDQUOT; EIO: a part only was written.</exception>
    public unsafe void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            int written = Ensure.Count(
                RbdNative.Write(Handle, offset, (nuint)data.Length, start), "rbd_write", Name);
            if (written != data.Length)
            {
                throw new CephException("rbd_write", written == 0 ? Errno.Invalid : Errno.Io, Name);
            }
        }
    }

    /// <summary>Waits until all that was written is safe on the OSDs (rbd_flush).</summary>
    public void Flush() => Ensure.ZeroResult(RbdNative.Flush(Handle), "rbd_flush", Name);

    /// <summary>
    /// Tells of the extents that hold data, a parent image's included (rbd_diff_iterate2 without a start snapshot,
    /// Ceph 0.93). With a valid object map and <paramref name="wholeObject"/> it asks no OSD; else one by one all.
    /// </summary>
    /// <param name="offset">Where to start, in bytes.</param>
    /// <param name="length">How far to go, in bytes.</param>
    /// <param name="wholeObject">Whether an object counts as a whole once it exists.</param>
    /// <param name="visitor">Is told of each extent in turn; what it throws comes out of this call.</param>
    public unsafe void DiffExtents(ulong offset, ulong length, bool wholeObject, RbdExtentVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        Visit visit = new(visitor);
        GCHandle pin = GCHandle.Alloc(visit);
        int result;
        try
        {
            result = RbdNative.DiffIterate(
                Handle, null, offset, length, 1, wholeObject ? (byte)1 : (byte)0, &OnExtent, (void*)GCHandle.ToIntPtr(pin));
        }
        finally
        {
            pin.Free();
        }

        visit.Error?.Throw();
        if (!visit.Stopped)
        {
            Ensure.ZeroResult(result, "rbd_diff_iterate2", Name);
        }
    }

    [UnmanagedCallersOnly]
    private static unsafe int OnExtent(ulong offset, nuint length, int exists, void* argument)
    {
        Visit visit = (Visit)GCHandle.FromIntPtr((nint)argument).Target!;
        return visit.Tell(offset, length, exists != 0) ? 0 : -Errno.Canceled;
    }

    private sealed class Visit(RbdExtentVisitor visitor)
    {
        internal ExceptionDispatchInfo? Error { get; private set; }

        internal bool Stopped { get; private set; }

        // CA1031: no exception may unwind through C frames, so whatever it is waits here to be thrown again.
#pragma warning disable CA1031
        internal bool Tell(ulong offset, ulong length, bool exists)
        {
            if (Stopped)
            {
                return false;
            }

            try
            {
                Stopped = !visitor(offset, length, exists);
            }
            catch (Exception e)
            {
                Error = ExceptionDispatchInfo.Capture(e);
                Stopped = true;
            }

            return !Stopped;
        }
#pragma warning restore CA1031
    }
}
