using System.Globalization;
using System.Text;
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
        var json = new StringBuilder(512);
        Start(json, "status").Append(Quoted(Status switch
        {
            ReplyStatus.Success => "Success",
            ReplyStatus.NotSupported => "Not supported",
            _ => "Failure",
        }));
        AppendIfSet(json, "message", Message);
        AppendIfSet(json, "device", Device);
        AppendIfSet(json, "volumeName", VolumeName);
        AppendIfSet(json, "attached", Attached);
        if (VolumeNewSize is { } size)
        {
            Start(json, "volumeNewSize").Append(CultureInfo.InvariantCulture, $"{size}");
        }

        if (Capabilities is { } capabilities)
        {
            var own = new StringBuilder(128);
            AppendIfSet(own, "attach", capabilities.Attach);
            AppendIfSet(own, "fsGroup", capabilities.FsGroup);
            AppendIfSet(own, "selinuxRelabel", capabilities.SelinuxRelabel);
            AppendIfSet(own, "supportsMetrics", capabilities.SupportsMetrics);
            AppendIfSet(own, "requiresFSResize", capabilities.RequiresFsResize);
            Start(json, "capabilities").Append(own).Append('}');
        }

        // Half a surrogate pair becomes U+FFFD here.
        return Encoding.UTF8.GetBytes(json.Append("}\n").ToString());
    }

    // .NET's JSON writer sets up tables of all Unicode's characters first, which takes longer than all else that the
    // driver itself does for init.
    private static StringBuilder Start(StringBuilder json, string name) =>
        json.Append(json.Length == 0 ? '{' : ',').Append('"').Append(name).Append("\":");

    private static void AppendIfSet(StringBuilder json, string name, string? value)
    {
        if (value is not null)
        {
            Start(json, name).Append(Quoted(value));
        }
    }

    private static void AppendIfSet(StringBuilder json, string name, bool? value)
    {
        if (value is { } set)
        {
            Start(json, name).Append(set ? "true" : "false");
        }
    }

    // What JSON wants escaped, and what some take for the end of a line.
    private static StringBuilder Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 16).Append('"');
        foreach (char c in text)
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\').Append(c);
            }
            else if (c == '\n')
            {
                quoted.Append("\\n");
            }
            else if (char.IsControl(c) || c is '\u2028' or '\u2029')
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                quoted.Append(c);
            }
        }

        return quoted.Append('"');
    }
}
