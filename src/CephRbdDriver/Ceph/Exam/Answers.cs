using System.Globalization;
using System.Text.Json;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Ceph.Exam;

/// <summary>
/// Reads what monitors answer in JSON. Releases differ in what they tell: what is not there, or is of another kind, is null
/// or empty, and only what is no JSON at all is a failure.
/// </summary>
internal static class Answers
{
    /// <summary>Reads one answer.</summary>
    /// <param name="json">The answer, UTF-8.</param>
    /// <param name="command">What was asked, for the message.</param>
    /// <exception cref="VolumeException">It is no JSON.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> json, string command)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new VolumeException($"the monitors' answer to \"{command}\" is not valid JSON", e);
        }
    }

    /// <summary>Reads an answer of several values one after the other, as Pacific gives its two blocklists.</summary>
    /// <inheritdoc cref="Parse"/>
    public static IReadOnlyList<JsonElement> ParseAll(ReadOnlyMemory<byte> json, string command)
    {
        List<JsonElement> values = [];
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { AllowMultipleValues = true });
            while (reader.Read())
            {
                using var document = JsonDocument.ParseValue(ref reader);
                values.Add(document.RootElement.Clone());
            }

            return values;
        }
        catch (JsonException e)
        {
            throw new VolumeException($"the monitors' answer to \"{command}\" is not valid JSON", e);
        }
    }

    /// <summary>A member of an object; null when there is none.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;

    /// <summary>A member's text; empty when there is none.</summary>
    public static string Text(this JsonElement element, string name)
    {
        try
        {
            return element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return "";
        }
    }

    /// <summary>A member's number, also one that is written as a text; null when there is none.</summary>
    public static double? Number(this JsonElement element, string name) => element.Member(name) switch
    {
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) => number,
        { ValueKind: JsonValueKind.String } value when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        { ValueKind: JsonValueKind.True } => 1,
        { ValueKind: JsonValueKind.False } => 0,
        _ => null,
    };

    /// <summary>A member's whole number; 0 when there is none.</summary>
    public static long Whole(this JsonElement element, string name) =>
        element.Number(name) is { } number && number is > long.MinValue and < long.MaxValue ? (long)number : 0;

    /// <summary>The entries of a member that is an array; none when there is no such.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>The entries of a member that is an object; none when there is no such.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject() : [];

    /// <summary>A moment as monitors write it; null where it names no time zone, for then nobody knows which one it is.</summary>
    public static DateTimeOffset? Moment(string text)
    {
        // Octopus and newer: 2026-11-23T13:25:04.094696+0000.
        int zone = text.LastIndexOfAny(['+', '-']);
        string iso = zone > 10 && text.Length - zone == 5 ? text.Insert(zone + 3, ":") : text;
        return (zone > 10 || text.EndsWith('Z'))
            && DateTimeOffset.TryParse(iso, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset moment)
                ? moment
                : null;
    }
}
