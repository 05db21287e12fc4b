using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Hyper;

/// <summary>
/// What the tag has no field for, beside it in the same place: enough to tell whether a repeated mount asks for the
/// same, and for people to see whose volume it is. No secret in it.
/// </summary>
internal static class VolumeRecord
{
    /// <summary>A dot file: frakti looks for the tag only.</summary>
    public const string FileName = ".cephrbd-volume.json";

    /// <summary>The file's bytes for a volume mounted now.</summary>
    /// <param name="spec">The volume.</param>
    /// <param name="reservedImageId">The id of the image that was reserved; null for none.</param>
    public static byte[] ToJson(VolumeSpec spec, string? reservedImageId)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("image", spec.ImageSpec);
            json.WriteString("cluster", spec.Cluster ?? "");
            json.WriteString("access", Access(spec));
            json.WriteString("volume", spec.VolumeName);
            json.WriteString("podNamespace", spec.Pod?.Namespace);
            json.WriteString("podName", spec.Pod?.Name);
            json.WriteString("podUid", spec.Pod?.Uid);
            json.WriteString("reservedImageId", reservedImageId);
            json.WriteString("mounted", DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What a record tells.</summary>
    /// <param name="Image">The image: <c>pool/image</c> or <c>pool/namespace/image</c>.</param>
    /// <param name="Cluster">The cluster's name; null for the default one.</param>
    /// <param name="ReadOnly">Whether the pod may only read.</param>
    /// <param name="Volume">The volume's name.</param>
    /// <param name="Pod">The pod; null if kubelet told nothing of it.</param>
    /// <param name="ReservedImageId">The id of the image that was reserved with it; null for none.</param>
    internal sealed record Contents(string? Image, string? Cluster, bool ReadOnly, string? Volume, PodIdentity? Pod, string? ReservedImageId = null);

    /// <summary>Reads a record; null when it is none, or damaged.</summary>
    public static Contents? TryParse(ReadOnlySpan<byte> record)
    {
        try
        {
            var reader = new Utf8JsonReader(record);
            using var document = JsonDocument.ParseValue(ref reader);
            string? Text(string name) =>
                document.RootElement.TryGetProperty(name, out JsonElement value) && value.GetString() is { Length: > 0 } text ? text : null;
            PodIdentity pod = new(Text("podName"), Text("podNamespace"), Text("podUid"), ServiceAccount: null);
            return new Contents(
                Text("image"), Text("cluster"), Text("access") == "ro", Text("volume"), pod is (null, null, null, null) ? null : pod, Text("reservedImageId"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What differs from the volume asked for; null when nothing does, or when the record tells nothing (the original driver wrote none).</summary>
    public static string? DifferenceFrom(ReadOnlySpan<byte> record, VolumeSpec spec)
    {
        if (record.IsEmpty)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(record);
            using var document = JsonDocument.ParseValue(ref reader);
            string? Text(string name) => document.RootElement.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
            return Text("access") is { } access && access != Access(spec) ? $"access \"{access}\", not \"{Access(spec)}\""
                : Text("cluster") is { } cluster && cluster != (spec.Cluster ?? "") ? $"cluster \"{cluster}\", not \"{spec.Cluster ?? ""}\""
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "a damaged record of what is mounted there";
        }
    }

    private static string Access(VolumeSpec spec) => spec.ReadOnly ? "ro" : "rw";
}
