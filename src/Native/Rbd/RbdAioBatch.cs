namespace CephRbd.Native.Rbd;

/// <summary>
/// Many reads, writes or discards of one image with a few in flight at a time. Not for use by several
/// threads at once. Buffers must stay where they are until <see cref="Drain"/> or Dispose has returned.
/// </summary>
/// <remarks>
/// Each wait is bound by rados_osd_op_timeout only. The first failure is thrown, once nothing is in flight
/// any more, by the call that comes upon it; which operation failed is then not known, so treat all as failed.
/// </remarks>
public sealed class RbdAioBatch : IDisposable
{
    private readonly RbdImageHandle _image;
    private readonly string _name;
    private readonly int _window;
    private readonly CancellationToken _cancellation;
    private readonly Queue<Operation> _inFlight;
    private bool _disposed;

    /// <summary>Starts an empty batch, which keeps the image open until it is disposed of.</summary>
    /// <param name="image">The image.</param>
    /// <param name="window">The most operations in flight, at least 1.</param>
    /// <param name="cancellationToken">Looked at before each operation is started; what is in flight is not recalled.</param>
    public RbdAioBatch(RbdImage image, int window, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        bool held = false;
        image.Handle.DangerousAddRef(ref held);
        _image = image.Handle;
        _name = image.Name;
        _window = window;
        _cancellation = cancellationToken;
        _inFlight = new Queue<Operation>(window);
    }

    /// <summary>How many operations are in flight or not waited for yet.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Starts a read (rbd_aio_read).</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="buffer">Where the data will be once the batch is drained.</param>
    /// <param name="length">In bytes; a read that goes past the image's end fails with EINVAL.</param>
    /// <exception cref="CephException">This or an earlier operation failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before this one was started.</exception>
    public unsafe void Read(ulong offset, byte* buffer, nuint length)
    {
        nint completion = Prepare();
        Started("rbd_aio_read", completion, RbdNative.StartRead(_image, offset, length, buffer, completion), length);
    }

    /// <summary>Starts a write (rbd_aio_write). Two that overlap need a <see cref="Drain"/> between them.</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="buffer">The data, unchanged until the batch is drained.</param>
    /// <param name="length">In bytes.</param>
    /// <exception cref="CephException">This or an earlier operation failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before this one was started.</exception>
    public unsafe void Write(ulong offset, byte* buffer, nuint length)
    {
        nint completion = Prepare();
        Started("rbd_aio_write", completion, RbdNative.StartWrite(_image, offset, length, buffer, completion), null);
    }

    /// <summary>Starts a discard (rbd_aio_discard). librbd may leave alone what does not fill its granularity (64 KiB).</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="length">In bytes.</param>
    /// <exception cref="CephException">This or an earlier operation failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before this one was started.</exception>
    public void Discard(ulong offset, ulong length)
    {
        nint completion = Prepare();
        Started("rbd_aio_discard", completion, RbdNative.StartDiscard(_image, offset, length, completion), null);
    }

    /// <summary>Waits until nothing is in flight.</summary>
    /// <exception cref="CephException">The first operation that failed.</exception>
    public void Drain()
    {
        CephException? first = WaitForAll();
        if (first is not null)
        {
            throw first;
        }
    }

    /// <summary>Waits until nothing is in flight, for the sake of the buffers. Results are lost: <see cref="Drain"/> first.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ = WaitForAll();
        _image.DangerousRelease();
    }

    private nint Prepare()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _cancellation.ThrowIfCancellationRequested();
        if (_inFlight.Count >= _window)
        {
            CephException? error = WaitForOldest();
            if (error is not null)
            {
                _ = WaitForAll();
                throw error;
            }
        }

        return CreateCompletion();
    }

    private unsafe nint CreateCompletion()
    {
        Ensure.ZeroResult(
            RbdNative.CreateCompletion(null, null, out nint completion), "rbd_aio_create_completion", _name);
        return completion;
    }

    private void Started(string call, nint completion, int result, nuint? expected)
    {
        if (result >= 0)
        {
            _inFlight.Enqueue(new Operation(call, completion, expected));
            return;
        }

        // It was never started: there is nothing to wait for, and no result will come.
        RbdNative.ReleaseCompletion(completion);
        CephException? earlier = WaitForAll();
        throw earlier ?? new CephException(call, result, _name);
    }

    private CephException? WaitForAll()
    {
        CephException? first = null;
        while (_inFlight.Count > 0)
        {
            CephException? error = WaitForOldest();
            first ??= error;
        }

        return first;
    }

    private CephException? WaitForOldest()
    {
        Operation oldest = _inFlight.Dequeue();
        int waited = RbdNative.WaitFor(oldest.Completion);
        nint result = waited < 0 ? waited : RbdNative.GetResult(oldest.Completion);
        RbdNative.ReleaseCompletion(oldest.Completion);
        if (result < 0)
        {
            return new CephException(oldest.Call, (int)result, _name);
        }

        return oldest.Expected is nuint expected && (nuint)result != expected
            ? new CephException(oldest.Call, Errno.Invalid, _name)
            : null;
    }

    private readonly record struct Operation(string Call, nint Completion, nuint? Expected);
}
