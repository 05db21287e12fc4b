using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Protocol;

/// <summary>What became of a call, in the words kubelet knows.</summary>
internal enum ReplyStatus
{
    /// <summary>The call did what was asked, or it was done already.</summary>
    Success,

    /// <summary>The call did not do it; kubelet tries again.</summary>
    Failure,

    /// <summary>The verb is none of ours. kubelet remembers this until it restarts, so it is only for verbs that can never work.</summary>
    NotSupported,
}

/// <summary>The one answer of a call: one JSON object on one line.</summary>
internal sealed record Reply(ReplyStatus Status)
{
    private static readonly JsonWriterOptions _options = new()
    {
        // kubelet parses JSON, not HTML: quotes around image names stay readable in its log.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Words for the person who reads kubelet's log.</summary>
    public string? Message { get; init; }

    /// <summary>The device, in answer to <c>attach</c> and <c>waitforattach</c>.</summary>
    public string? Device { get; init; }

    /// <summary>The volume's name, in answer to <c>getvolumename</c>.</summary>
    public string? VolumeName { get; init; }

    /// <summary>In answer to <c>isattached</c>.</summary>
    public bool? Attached { get; init; }

    /// <summary>The image's size in bytes, in answer to <c>expandvolume</c>.</summary>
    public long? VolumeNewSize { get; init; }

    /// <summary>In answer to <c>init</c>.</summary>
    public Capabilities? Capabilities { get; init; }

    /// <summary>A plain success.</summary>
    public static Reply Success { get; } = new(ReplyStatus.Success);

    /// <summary>A failure with its message.</summary>
    public static Reply Failure(string message) => new(ReplyStatus.Failure) { Message = message };

    /// <summary>The reply as UTF-8 JSON with a line feed at its end and none before.</summary>
    public byte[] ToJsonLine()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, _options))
        {
            json.WriteStartObject();
            json.WriteString("status", Status switch
            {
                ReplyStatus.Success => "Success",
                ReplyStatus.NotSupported => "Not supported",
                _ => "Failure",
            });
            WriteIfSet(json, "message", Message);
            WriteIfSet(json, "device", Device);
            WriteIfSet(json, "volumeName", VolumeName);
            if (Attached is { } attached)
            {
                json.WriteBoolean("attached", attached);
            }

            if (VolumeNewSize is { } size)
            {
                json.WriteNumber("volumeNewSize", size);
            }

            if (Capabilities is { } capabilities)
            {
                json.WriteStartObject("capabilities");
                json.WriteBoolean("attach", capabilities.Attach);
                json.WriteBoolean("fsGroup", capabilities.FsGroup);
                json.WriteBoolean("selinuxRelabel", capabilities.SelinuxRelabel);
                json.WriteBoolean("supportsMetrics", capabilities.SupportsMetrics);
                json.WriteBoolean("requiresFSResize", capabilities.RequiresFsResize);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteIfSet(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
