using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Status;

/// <summary>The status for programs: one object on one line, always with the same keys.</summary>
internal static class StatusJson
{
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The line, with its line feed.</summary>
    public static string Write(StatusReport report)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, _plain))
        {
            json.WriteStartObject();
            json.WriteString("node", report.Node);
            json.WriteString("runtime", Word(report.Runtime));
            json.WriteStartArray("volumes");
            foreach (VolumeStatus volume in report.Volumes)
            {
                Write(json, volume);
            }

            json.WriteEndArray();
            json.WriteStartArray("problems");
            foreach (Problem problem in report.Problems)
            {
                json.WriteStartObject();
                json.WriteString("kind", problem.Kind);
                json.WriteString("image", problem.Image);
                json.WriteString("text", problem.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter json, VolumeStatus volume)
    {
        ImageFacts? facts = volume.Look?.Facts;
        json.WriteStartObject();
        json.WriteString("image", volume.Image?.ImageSpec);
        json.WriteString("pool", volume.Image?.Pool);
        json.WriteString("namespace", volume.Image?.Namespace);
        json.WriteString("name", volume.Image?.Image);
        json.WriteString("snapshot", volume.Image?.Snapshot);
        json.WriteString("cluster", volume.Cluster);
        json.WriteString("clusterFsid", volume.Image?.ClusterFsid ?? facts?.ClusterFsid);
        json.WriteString("runtime", Word(volume.Runtime));
        json.WriteString("mapper", volume.Mapper is { } mapper ? Word(mapper) : null);
        json.WriteString("device", volume.Device);
        json.WriteBoolean("readOnly", volume.ReadOnly);
        WriteNumber(json, "sizeBytes", volume.SizeBytes ?? facts?.SizeBytes);
        json.WriteString("fsType", volume.FsType);
        WriteUse(json, volume.Use);
        json.WriteString("stage", volume.Stage);
        json.WriteStartArray("pods");
        foreach (PodUse pod in volume.Pods)
        {
            json.WriteStartObject();
            json.WriteString("uid", pod.Uid);
            json.WriteString("namespace", pod.Namespace);
            json.WriteString("name", pod.Name);
            json.WriteString("volume", pod.Volume);
            json.WriteString("path", pod.Path);
            json.WriteBoolean("readOnly", pod.ReadOnly);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "otherMounts", volume.OtherMounts);
        WriteTexts(json, "attached", volume.Attached);
        json.WriteString("heldBy", volume.HeldBy);
        WriteTexts(json, "watchers", facts?.Watchers);
        WriteWriter(json, facts);
        json.WriteString("clusterProblem", volume.Look is { IsGone: true } ? "no such image" : volume.Look?.Problem);
        json.WriteEndObject();
    }

    private static void WriteWriter(Utf8JsonWriter json, ImageFacts? facts)
    {
        if (facts?.GivenTo is not { } writer)
        {
            json.WriteNull("writer");
            return;
        }

        json.WriteStartObject("writer");
        json.WriteString("node", writer.Node);
        json.WriteString("pod", writer.Pod);
        json.WriteString("uid", writer.PodUid);
        json.WriteString("dir", writer.Dir);
        json.WriteString("since", facts.GivenSince?.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void WriteUse(Utf8JsonWriter json, FileSystemUse? use)
    {
        if (use is not { } told)
        {
            json.WriteNull("use");
            return;
        }

        json.WriteStartObject("use");
        json.WriteNumber("totalBytes", told.TotalBytes);
        json.WriteNumber("usedBytes", told.UsedBytes);
        json.WriteNumber("availableBytes", told.AvailableBytes);
        json.WriteNumber("inodes", told.Inodes);
        json.WriteNumber("inodesFree", told.InodesFree);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static string Word(RuntimeKind runtime) => runtime == RuntimeKind.Host ? "host" : "hyper";

    private static string Word(MapperKind mapper) => mapper == MapperKind.Nbd ? "nbd" : "krbd";
}
