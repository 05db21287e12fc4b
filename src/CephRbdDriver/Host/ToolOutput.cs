using System.Runtime.InteropServices;
using System.Text;
using CliWrap;

namespace CephRbd.Driver.Host;

/// <summary>
/// What a program says on one of its streams, read to the end and kept as far as there is use for it: one that prints
/// for ever must not take the node's memory, and a child that it left behind with the stream not the call's time.
/// </summary>
/// <param name="limit">How many bytes are kept, between one and two times as many for a moment.</param>
/// <param name="drained">Set when the program has ended and what it said can be taken for read.</param>
internal sealed class ToolOutput(int limit, CancellationToken drained)
{
    private readonly List<byte> _kept = [];

    /// <summary>Whether it said more than is kept: of that, <see cref="Text"/> has the end.</summary>
    public bool IsCut { get; private set; }

    /// <summary>What is kept. Bytes that are no UTF-8 show as U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_kept));

    /// <summary>Where the stream is to be led.</summary>
    public PipeTarget Target => PipeTarget.Create(ReadAsync);

    private async Task ReadAsync(Stream stream, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, drained);
        byte[] buffer = new byte[32 << 10];
        try
        {
            // The second wait is for streams whose reads can't be broken off.
            while (await stream.ReadAsync(buffer, end.Token).AsTask().WaitAsync(end.Token).ConfigureAwait(false) is > 0 and var read)
            {
                Keep(buffer.AsSpan(0, read));
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // A child of the program has the stream still.
        }
    }

    private void Keep(ReadOnlySpan<byte> read)
    {
        _kept.AddRange(read);
        if (_kept.Count > 2 * limit)
        {
            IsCut = true;
            _kept.RemoveRange(0, _kept.Count - limit);
        }
    }
}
