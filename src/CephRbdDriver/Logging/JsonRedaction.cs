using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CephRbd.Driver.Logging;

/// <summary>
/// Passes every text of a JSON line, names included, through a redacting function. Working on the finished line
/// leaves nothing out (message, properties at any depth, exception texts); working on its texts, not on the line,
/// keeps it valid JSON whatever the function does.
/// </summary>
internal static class JsonRedaction
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The line anew, redacted and with a newline at its end.</summary>
    /// <exception cref="JsonException">The line is not one JSON value.</exception>
    public static byte[] Redact(ReadOnlySpan<byte> line, Func<string, string> redact)
    {
        var output = new ArrayBufferWriter<byte>(line.Length + 64);
        using (var writer = new Utf8JsonWriter(output, _options))
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
            {
                Copy(ref reader, writer, redact);
            }
        }

        return [.. output.WrittenSpan, (byte)'\n'];
    }

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer, Func<string, string> redact)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                writer.WriteEndArray();
                break;
            case JsonTokenType.PropertyName:
                writer.WritePropertyName(redact(reader.GetString()!));
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(redact(reader.GetString()!));
                break;
            default:
                // Numbers, true, false and null as they are.
                writer.WriteRawValue(reader.ValueSpan);
                break;
        }
    }
}
