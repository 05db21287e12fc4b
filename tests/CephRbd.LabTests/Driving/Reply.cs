using System.Text.Json;

namespace CephRbd.LabTests.Driving;

/// <summary>A reply that has passed kubelet's reading: all of the output is one JSON object.</summary>
public sealed record Reply(JsonElement Json, string Raw, TimeSpan Elapsed)
{
    public string Status => Text("status") ?? "";

    public string Message => Text("message") ?? "";

    public string? Device => Text("device");

    /// <summary>Reads the whole output of a call.</summary>
    public static Reply Parse(string raw, TimeSpan elapsed, string call)
    {
        ArgumentNullException.ThrowIfNull(raw);
        Assert.True(raw.IndexOf('\n', StringComparison.Ordinal) == raw.Length - 1 && raw.Length > 2, $"not exactly one line from cephrbd {call}: {raw}");
        JsonElement json;
        try
        {
            using var document = JsonDocument.Parse(raw);
            json = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            Assert.Fail($"no JSON from cephrbd {call}: {e.Message}: {raw}");
            throw;
        }

        Assert.Equal(JsonValueKind.Object, json.ValueKind);
        Reply reply = new(json, raw, elapsed);
        Assert.Contains(reply.Status, (string[])["Success", "Failure", "Not supported"]);
        if (reply.Status != "Success")
        {
            Assert.True(reply.Message.Length > 0, $"no message: {raw}");
        }

        return reply;
    }

    private string? Text(string name) => Json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
