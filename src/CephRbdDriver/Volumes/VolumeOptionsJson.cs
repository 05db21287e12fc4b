using System.Text;
using System.Text.Json;

namespace CephRbd.Driver.Volumes;

/// <summary>Reads the flat JSON object of strings that kubelet hands over.</summary>
internal static class VolumeOptionsJson
{
    /// <summary>The longest text that is looked at, in bytes. kubelet sends a few KiB.</summary>
    public const int MaxBytes = 1 << 20;

    private static readonly UTF8Encoding _strictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads the options into a dictionary.</summary>
    /// <param name="json">The JSON text.</param>
    /// <returns>The options by key, as written.</returns>
    /// <exception cref="VolumeException">The text is anything but a flat object of strings with distinct keys.</exception>
    public static Dictionary<string, string> Read(string json)
    {
        try
        {
            if (json.Length > MaxBytes || _strictUtf8.GetByteCount(json) > MaxBytes)
            {
                throw new VolumeException($"the volume's options are longer than {Quantity.Format(MaxBytes)}: that is no option object of kubelet's");
            }

            return Read(_strictUtf8.GetBytes(json));
        }
        catch (EncoderFallbackException)
        {
            throw new VolumeException("the volume's options are not valid Unicode text (half a surrogate pair)");
        }
        catch (JsonException e)
        {
            // The reader's own text quotes the input, which may be part of a secret: only the place is told.
            throw new VolumeException(
                $"the volume's options are not valid JSON (line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}): give one flat JSON object of strings");
        }
    }

    private static Dictionary<string, string> Read(ReadOnlySpan<byte> utf8)
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        Utf8JsonReader reader = new(utf8);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new VolumeException("the volume's options are not a JSON object: give one flat JSON object of strings");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = Text(ref reader, "a key");
            reader.Read();
            string named = $"option {Shown.Quote(key)}";
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new VolumeException($"{named} is {Kind(reader.TokenType)}, but all options are strings: write it in quotes");
            }

            string value = Text(ref reader, named);
            foreach (char c in value)
            {
                if (char.IsControl(c))
                {
                    throw new VolumeException($"{named} holds {Shown.Character(c)}: control characters are not allowed");
                }
            }

            if (!options.TryAdd(key, value))
            {
                throw new VolumeException($"{named} is given twice: keep one");
            }
        }

        // Reads on to the end, so that text after the object is refused.
        reader.Read();
        return options;
    }

    private static string Text(ref Utf8JsonReader reader, string what)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new VolumeException($"{what} in the volume's options is not valid Unicode text (half a surrogate pair)");
        }
    }

    private static string Kind(JsonTokenType type) => type switch
    {
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        JsonTokenType.StartArray => "an array",
        _ => "an object",
    };
}
