using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Hyper;

/// <summary>
/// The tag file's contents: what frakti reads in a volume's host dir and hands to hyperd, which opens the image with
/// QEMU's own librbd. Field names and order are those that frakti has always read.
/// </summary>
internal sealed record HyperTag(string VolumeId, string Pool, string FsType, string User, Secret? Keyring, IReadOnlyList<string> Monitors)
{
    /// <summary>The name frakti looks for.</summary>
    public const string FileName = "hyper-flexvolume.json";

    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The tag of a prepared image. A rados namespace goes before the image's name, as QEMU 5.0 and later read it.</summary>
    public static HyperTag Of(VolumeSpec spec, PreparedImage image) => new(
        spec.Namespace is null ? spec.Image : $"{spec.Namespace}/{spec.Image}",
        spec.Pool,
        spec.FsType,
        image.User,
        image.Key,
        image.Monitors);

    /// <summary>The file's bytes. They hold the key: for a file of mode 0600 in memory only.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, _plain))
        {
            json.WriteStartObject();
            json.WriteStartObject("cephRBDOptsData");
            json.WriteString("volumeID", VolumeId);
            json.WriteString("pool", Pool);
            json.WriteString("fsType", FsType);
            json.WriteString("user", User);
            json.WriteString("keyring", Keyring?.Reveal() ?? "");
            json.WriteStartArray("monitors");
            foreach (string monitor in Monitors)
            {
                json.WriteStringValue(monitor);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a tag, ours or the original driver's.</summary>
    /// <returns>Null when it is not a whole tag.</returns>
    public static HyperTag? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            JsonElement data = document.RootElement.GetProperty("cephRBDOptsData");
            string Text(string name) => data.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";
            string[] monitors = data.TryGetProperty("monitors", out JsonElement list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Select(monitor => monitor.GetString() ?? "").ToArray()
                : [];
            string key = Text("keyring");
            return new HyperTag(Text("volumeID"), Text("pool"), Text("fsType"), Text("user"), key.Length == 0 ? null : new Secret(key), monitors);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The volume as the tag tells it, with the key that opened it: to give it back.</summary>
    /// <param name="cluster">The cluster's name; null for the default one.</param>
    public VolumeSpec ToSpec(string? cluster)
    {
        int slash = VolumeId.IndexOf('/', StringComparison.Ordinal);
        return new VolumeSpec
        {
            Image = VolumeId[(slash + 1)..],
            Namespace = slash < 0 ? null : VolumeId[..slash],
            Pool = Pool,
            Cluster = cluster,
            User = User.Length == 0 ? null : User,
            Key = Keyring,
        };
    }

    /// <summary>What differs from the volume that a repeated mount asks for; null when it is the same. The key may have been rotated meanwhile.</summary>
    public string? DifferenceFrom(VolumeSpec spec, string user)
    {
        string volumeId = spec.Namespace is null ? spec.Image : $"{spec.Namespace}/{spec.Image}";
        return VolumeId != volumeId ? $"image \"{VolumeId}\", not \"{volumeId}\""
            : Pool != spec.Pool ? $"pool \"{Pool}\", not \"{spec.Pool}\""
            : User != user ? $"user \"{User}\", not \"{user}\""
            : (FsType.Length == 0 ? "ext4" : FsType) != spec.FsType ? $"fsType \"{FsType}\", not \"{spec.FsType}\""
            : null;
    }
}
