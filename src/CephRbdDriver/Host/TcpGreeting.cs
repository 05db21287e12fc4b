using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CephRbd.Driver.Host;

/// <summary>What came of the try to connect.</summary>
internal enum TcpOutcome
{
    /// <summary>The server spoke first, as Ceph's daemons do.</summary>
    Spoke,

    /// <summary>The connection stands, and nothing was said in time.</summary>
    Silent,

    /// <summary>The connection was taken and closed at once.</summary>
    Closed,

    /// <summary>Nobody listens on that port.</summary>
    Refused,

    /// <summary>No answer to the connection in time: a packet filter, or no such host.</summary>
    NoAnswer,

    /// <summary>There is no way there from this node.</summary>
    NoRoute,
}

/// <summary>What a server says by itself when it is connected to.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Words">The first bytes, as text; empty when nothing was said.</param>
/// <param name="Error">The kernel's words where it refused.</param>
/// <param name="Time">How long it took.</param>
internal sealed record TcpGreeting(TcpOutcome Outcome, string Words, string Error, TimeSpan Time)
{
    private const int MostBytes = 64;

    /// <summary>Connects to all places at the same time. Sends nothing.</summary>
    /// <param name="places">The places.</param>
    /// <param name="patience">How long each may take, greeting included.</param>
    /// <returns>One greeting for each place, in order.</returns>
    public static IReadOnlyList<TcpGreeting> All(IReadOnlyList<IPEndPoint> places, TimeSpan patience)
    {
        Task<TcpGreeting>[] tries = [.. places.Select(place => Ask(place, patience))];
        return Task.WhenAll(tries).GetAwaiter().GetResult();
    }

    /// <summary>The time in milliseconds, for messages.</summary>
    public string Milliseconds => string.Create(CultureInfo.InvariantCulture, $"{Time.TotalMilliseconds:0.0} ms");

    private static async Task<TcpGreeting> Ask(IPEndPoint place, TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(patience);
        bool connected = false;
        try
        {
            using var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(place, limit.Token).ConfigureAwait(false);
            connected = true;
            byte[] buffer = new byte[MostBytes];
            int count = await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token).ConfigureAwait(false);
            return Of(count == 0 ? TcpOutcome.Closed : TcpOutcome.Spoke, Encoding.Latin1.GetString(buffer, 0, count), "");
        }
        catch (OperationCanceledException)
        {
            return Of(connected ? TcpOutcome.Silent : TcpOutcome.NoAnswer, "", "");
        }
        catch (SocketException e)
        {
            return Of(
                connected ? TcpOutcome.Closed : e.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => TcpOutcome.Refused,
                    SocketError.TimedOut => TcpOutcome.NoAnswer,
                    _ => TcpOutcome.NoRoute,
                },
                "", e.Message);
        }

        TcpGreeting Of(TcpOutcome outcome, string words, string error) => new(outcome, words, error, Stopwatch.GetElapsedTime(start));
    }
}
