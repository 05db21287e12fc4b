using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CephRbd.Driver.Config;

namespace CephRbd.Driver.Doctor;

/// <summary>The report for programs: one object on one line, always with the same keys.</summary>
internal static class DoctorJson
{
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The line, with its line feed.</summary>
    public static string Write(DoctorReport report)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, _plain))
        {
            json.WriteStartObject();
            json.WriteString("node", report.Node);
            json.WriteString("runtime", report.Runtime == RuntimeKind.Host ? "host" : "hyper");
            json.WriteString("pool", report.Pool);
            json.WriteString("user", report.User);
            json.WriteNumber("failed", report.Count(FindingState.Failed));
            json.WriteNumber("warnings", report.Count(FindingState.Warning));
            json.WriteStartArray("checks");
            foreach (Finding finding in report.Findings)
            {
                json.WriteStartObject();
                json.WriteString("name", finding.Check);
                json.WriteString("state", DoctorText.Word(finding.State));
                json.WriteString("evidence", finding.Evidence);
                json.WriteString("remedy", finding.Remedy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }
}
