using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mounting;

/// <summary>
/// Which image an attached volume's name stands for: detach is told the name alone. Kept in runDir, which a reboot
/// empties like the kernel's table of mappings. No secret in it.
/// </summary>
internal sealed class AttachRecords(DriverConfig config)
{
    private readonly PrivateFolder _folder = new(Path.Combine(config.RunDir, "attached"), "the records of attached volumes");

    /// <summary>A volume's image.</summary>
    /// <param name="Volume">The volume's name.</param>
    /// <param name="Cluster">The cluster's name; null for the default one.</param>
    /// <param name="Image">The image.</param>
    internal sealed record Record(string Volume, string? Cluster, ImageIdentity Image);

    /// <summary>Remembers a volume.</summary>
    /// <exception cref="VolumeException">It can't be written.</exception>
    public void Write(Record record) => _folder.Write(FileName(record.Volume), ToJson(record));

    /// <summary>The record of a volume; null when it is not attached here.</summary>
    /// <exception cref="VolumeException">It can't be read.</exception>
    public Record? Find(string volume) => _folder.Explained(() =>
        Read(_folder.PathOf(FileName(volume))) is { } record && record.Volume == volume ? record : null);

    /// <summary>Forgets a volume.</summary>
    /// <exception cref="VolumeException">It can't be removed.</exception>
    public void Remove(string volume) => _folder.Remove(FileName(volume));

    /// <summary>All records.</summary>
    /// <exception cref="VolumeException">They can't be read.</exception>
    public IReadOnlyList<Record> All() => _folder.Explained(() => _folder.All().Select(Read).OfType<Record>().ToArray());

    /// <summary>Whether an image is to stay mapped since a volume of it is attached.</summary>
    public bool Keep(ImageIdentity image) => All().Any(record => record.Image.Compare(image) != Match.No);

    private static string FileName(string volume)
    {
        string escaped = Uri.EscapeDataString(volume);
        return escaped.Length <= 200
            ? $"v-{escaped}.json"
            : string.Create(CultureInfo.InvariantCulture, $"h-{Fnv.Hash(volume):x16}.json");
    }

    private static byte[] ToJson(Record record)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("volume", record.Volume);
            json.WriteString("cluster", record.Cluster);
            json.WriteString("pool", record.Image.Pool);
            json.WriteString("namespace", record.Image.Namespace);
            json.WriteString("image", record.Image.Image);
            json.WriteString("imageId", record.Image.ImageId);
            json.WriteString("fsid", record.Image.ClusterFsid);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Written whole or not at all; whatever else is there is not ours.
    private static Record? Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            string? Text(string name) => document.RootElement.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
            return Text("volume") is { } volume && Text("pool") is { } pool && Text("image") is { } image
                ? new Record(volume, Text("cluster"), new ImageIdentity(pool, Text("namespace"), image, Snapshot: null) { ImageId = Text("imageId"), ClusterFsid = Text("fsid") })
                : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
