namespace CephRbd.Native.Rados;

/// <summary>rados_list_lockers and rados_list_lockers' twin in librbd fill four buffers at once.</summary>
internal static unsafe class LockerList
{
    /// <summary>Calls C once.</summary>
    /// <param name="exclusive">Set by C.</param>
    /// <param name="tag">First buffer.</param>
    /// <param name="clients">Second buffer.</param>
    /// <param name="cookies">Third buffer.</param>
    /// <param name="addresses">Fourth buffer.</param>
    /// <param name="lengths">The four buffers' lengths, in and out.</param>
    internal delegate nint Call(
        int* exclusive, byte* tag, byte* clients, byte* cookies, byte* addresses, nuint* lengths);

    /// <summary>Fetches the holders; no object means no holders.</summary>
    internal static IReadOnlyList<RadosLocker> Fetch(string name, string? subject, Call call) =>
        GrowingBuffer.Fill(
            name,
            subject,
            4 * 256,
            (Span<byte> buffer, ref nuint needed) =>
            {
                int quarter = buffer.Length / 4;
                nuint* lengths = stackalloc nuint[4];
                new Span<nuint>(lengths, 4).Fill((nuint)quarter);
                int exclusive = 0;
                fixed (byte* start = buffer)
                {
                    nint result = call(
                        &exclusive, start, start + quarter, start + (2 * quarter), start + (3 * quarter), lengths);
                    needed = 4 * Math.Max(Math.Max(lengths[0], lengths[1]), Math.Max(lengths[2], lengths[3]));
                    return result;
                }
            },
            static (buffer, count) => Parse(buffer, count),
            absentIsDefault: true) ?? [];

    /// <summary>Puts the three lists together.</summary>
    /// <param name="buffer">Four quarters: tag, clients, cookies, addresses; each text ends in a NUL.</param>
    /// <param name="count">The number of holders.</param>
    internal static List<RadosLocker> Parse(ReadOnlySpan<byte> buffer, int count)
    {
        int quarter = buffer.Length / 4;
        List<string> clients = NativeText.SplitNulEnded(buffer.Slice(quarter, quarter), count);
        List<string> cookies = NativeText.SplitNulEnded(buffer.Slice(2 * quarter, quarter), count);
        List<string> addresses = NativeText.SplitNulEnded(buffer.Slice(3 * quarter, quarter), count);
        List<RadosLocker> lockers = [];
        for (int i = 0; i < clients.Count && i < cookies.Count && i < addresses.Count; i++)
        {
            lockers.Add(new RadosLocker(clients[i], cookies[i], addresses[i]));
        }

        return lockers;
    }
}
