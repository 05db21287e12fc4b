using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Reservations;

/// <summary>
/// Who had an image for writing last: it stays until that writer gives it back or another takes it over. Anyone who may
/// read the pool can read it; no secret in it.
/// </summary>
/// <param name="Writer">The writer.</param>
/// <param name="Since">When, by the writer's clock: for people.</param>
/// <param name="Clients">
/// The addresses of the clients that map the image for the writer, <c>172.16.4.103:0/2718281828</c>. Of a VM none: it
/// opens the image after the driver has ended.
/// </param>
internal sealed record ReservationNote(Writer Writer, DateTimeOffset Since, IReadOnlyList<string> Clients)
{
    /// <summary>
    /// Whether the clients write only while they own the image's exclusive lock. The kernel's client is one for many images
    /// then, and not to be shut out for this one; and the note may outlast the map.
    /// </summary>
    public bool UnderExclusiveLock { get; init; }

    /// <summary>No note is longer, in bytes.</summary>
    public const int MaxBytes = 64 << 10;

    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The note as bytes.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, _plain))
        {
            json.WriteStartObject();
            json.WriteString("node", Writer.Node);
            json.WriteString("machine", Writer.Machine);
            json.WriteString("boot", Writer.Boot);
            json.WriteString("podUid", Writer.PodUid);
            json.WriteString("pod", Writer.Pod);
            json.WriteString("dir", Writer.Dir);
            json.WriteString("since", Since.ToString("O", CultureInfo.InvariantCulture));
            json.WriteStartArray("clients");
            foreach (string client in Clients)
            {
                json.WriteStringValue(client);
            }

            json.WriteEndArray();
            json.WriteBoolean("exclusiveLock", UnderExclusiveLock);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a note.</summary>
    /// <returns>Null for an empty one: the object was made, and nothing came of it.</returns>
    /// <exception cref="VolumeException">It is none: somebody may have the image, and who can't be told.</exception>
    public static ReservationNote? Parse(byte[]? bytes, string image)
    {
        if (bytes is null or [])
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            JsonElement root = document.RootElement;
            string? Text(string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
            return new ReservationNote(
                new Writer(Text("node")!, Text("machine") ?? "", Text("podUid"), Text("dir")) { Boot = Text("boot") ?? "", Pod = Text("pod") },
                DateTimeOffset.Parse(Text("since")!, CultureInfo.InvariantCulture),
                [.. root.GetProperty("clients").EnumerateArray().Select(client => Checked(client.GetString()))])
            {
                UnderExclusiveLock = root.TryGetProperty("exclusiveLock", out JsonElement exclusive) && exclusive.GetBoolean(),
            } is { Writer.Node: not null } note
                ? note
                : throw new FormatException("it names no node");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new VolumeException(
                $"image {image}: the note of who has it for writing can't be read ({Shown.Quote(e.Message)}). If nobody uses the image, take the note away: cephrbd release {image}", e);
        }
    }

    // Whoever may write to the pool can write a note. It must not make this node, which may blocklist, shut out others than
    // one client: an address without a nonce means all clients of a machine.
    private static string Checked(string? client)
    {
        string[] parts = (client ?? "").Split('/');
        return parts.Length == 2 && IPEndPoint.TryParse(parts[0], out _) && parts[0].Contains(parts[0][0] == '[' ? "]:" : ":", StringComparison.Ordinal)
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint nonce) && nonce > 0
            ? client!
            : throw new FormatException("a client in it is not the address of one client");
    }

    /// <summary>As a person would say it: <c>node n2, pod default/db-0 (uid …), since …</c>.</summary>
    public override string ToString() => $"{Writer}, since {Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";
}
