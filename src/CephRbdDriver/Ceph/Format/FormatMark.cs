using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Format;

/// <summary>
/// What stands in the image's metadata from before the first byte of a format until after its last: only with it is
/// an unfinished format known as ours and made again.
/// </summary>
/// <param name="FileSystem">The type being made.</param>
/// <param name="Uuid">The new file system's UUID; empty if its kind has none. Once the image shows it, the format is complete.</param>
/// <param name="Node">Who began.</param>
/// <param name="Since">When.</param>
internal sealed record FormatMark(string FileSystem, string Uuid, string Node, DateTimeOffset Since)
{
    /// <summary>The metadata key. Keys that begin with <c>conf_</c> are librbd's; this one is ours.</summary>
    public const string Key = "cephrbd.format";

    /// <summary>The mark on an image; null when there is none.</summary>
    /// <exception cref="Volumes.VolumeException">Something stands there that is not a mark of ours.</exception>
    public static FormatMark? Read(RbdImage image) => image.GetMetadata(Key) is { } text ? Parse(text) : null;

    /// <summary>Parses a mark.</summary>
    /// <exception cref="Volumes.VolumeException">It is none.</exception>
    public static FormatMark Parse(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;
            return new FormatMark(
                root.GetProperty("fileSystem").GetString() ?? "",
                root.GetProperty("uuid").GetString() ?? "",
                root.GetProperty("node").GetString() ?? "",
                root.GetProperty("since").GetDateTimeOffset());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new Volumes.VolumeException(
                $"its metadata key {Key} is not one this driver wrote. Look at the image, then remove the key: rbd image-meta remove <image> {Key}", e);
        }
    }

    /// <summary>Sets the mark.</summary>
    public void Write(RbdImage image) => image.SetMetadata(Key, ToJson());

    /// <summary>Takes the mark away; absent is fine.</summary>
    public static void Remove(RbdImage image) => image.RemoveMetadata(Key);

    /// <summary>The mark as it is stored.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("fileSystem", FileSystem);
            json.WriteString("uuid", Uuid);
            json.WriteString("node", Node);
            json.WriteString("since", Since.ToString("O", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
