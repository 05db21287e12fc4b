using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>How a service took a try to connect.</summary>
internal enum Reach
{
    /// <summary>It took the connection.</summary>
    Answered,

    /// <summary>The machine is there and nobody listens.</summary>
    Refused,

    /// <summary>Nothing came back, or there is no way there.</summary>
    Silent,

    /// <summary>There is no such socket.</summary>
    Missing,
}

/// <summary>Opens a connection, says nothing, and closes it.</summary>
internal static class Connecting
{
    /// <summary>Tries a TCP port.</summary>
    /// <returns>How it went, and in words.</returns>
    public static (Reach Reach, string Words) Tcp(IPAddress address, int port, TimeSpan patience) =>
        Try(new IPEndPoint(address, port), new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp), patience);

    /// <summary>Tries a socket in the file system.</summary>
    /// <returns>How it went, and in words.</returns>
    public static (Reach Reach, string Words) Unix(string path, TimeSpan patience)
    {
        if (!File.Exists(path))
        {
            return (Reach.Missing, "there is no such socket");
        }

        return path.Length > 107
            ? (Reach.Silent, "its path is too long for a socket")
            : Try(new UnixDomainSocketEndPoint(path), new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), patience);
    }

    private static (Reach Reach, string Words) Try(EndPoint place, Socket socket, TimeSpan patience)
    {
        using (socket)
        using (var limit = new CancellationTokenSource(patience))
        {
            try
            {
                socket.ConnectAsync(place, limit.Token).AsTask().GetAwaiter().GetResult();
                return (Reach.Answered, "answers");
            }
            catch (OperationCanceledException)
            {
                return (Reach.Silent, string.Create(CultureInfo.InvariantCulture, $"no answer within {patience.TotalSeconds:0.#} s"));
            }
            catch (SocketException e)
            {
                return e.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => (Reach.Refused, "connection refused: nobody listens"),
                    _ => (Reach.Silent, e.Message),
                };
            }
        }
    }
}
