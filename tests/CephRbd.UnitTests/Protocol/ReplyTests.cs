using System.Buffers;
using System.Text;
using System.Text.Json;
using CephRbd.Driver.Protocol;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Protocol;

public class ReplyTests
{
    private static readonly SearchValues<char> _lineEnds = SearchValues.Create("\n\r\v\f\u0085\u2028\u2029");

    [Fact]
    public void A_plain_success_is_its_status_alone() =>
        Assert.Equal("{\"status\":\"Success\"}\n", Line(Reply.Success));

    [Fact]
    public void A_failure_has_its_message() =>
        Assert.Equal("{\"status\":\"Failure\",\"message\":\"no image\"}\n", Line(Reply.Failure("no image")));

    [Fact]
    public void Not_supported_is_spelt_as_kubelet_reads_it() =>
        Assert.Equal("{\"status\":\"Not supported\"}\n", Line(new Reply(ReplyStatus.NotSupported)));

    [Fact]
    public void All_fields_stand_in_a_fixed_order()
    {
        var reply = new Reply(ReplyStatus.Success)
        {
            Capabilities = new Capabilities(Attach: true, FsGroup: false, SelinuxRelabel: true, SupportsMetrics: false, RequiresFsResize: true),
            VolumeNewSize = long.MaxValue,
            Attached = false,
            VolumeName = "n",
            Device = "d",
            Message = "m",
        };
        Assert.Equal(
            """{"status":"Success","message":"m","device":"d","volumeName":"n","attached":false,"volumeNewSize":9223372036854775807,"capabilities":{"attach":true,"fsGroup":false,"selinuxRelabel":true,"supportsMetrics":false,"requiresFSResize":true}}""" + "\n",
            Line(reply));
    }

    [Fact]
    public void All_five_capabilities_are_written_even_when_false() =>
        Assert.Equal(
            """{"status":"Success","capabilities":{"attach":false,"fsGroup":false,"selinuxRelabel":false,"supportsMetrics":false,"requiresFSResize":false}}""" + "\n",
            Line(Reply.Success with { Capabilities = Capabilities.MountOnly }));

    [Fact]
    public void Texts_keep_quotes_and_signs_readable_and_escape_what_would_break_the_line()
    {
        Assert.Equal("{\"status\":\"Failure\",\"message\":\"<a>&'b'+é \\\"q\\\"\\n\\u0000\\\\\"}\n", Line(Reply.Failure("<a>&'b'+é \"q\"\n\0\\")));
    }

    [Theory]
    [InlineData("\ud800")]
    [InlineData("a\udc00b")]
    [InlineData("\u2028\u2029\u0085")]
    [InlineData("")]
    public void Any_text_makes_one_line_of_valid_json(string text)
    {
        string line = Line(Reply.Failure(text));
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        using var json = JsonDocument.Parse(line);
        Assert.Equal(["status", "message"], json.RootElement.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public void Every_character_comes_out_as_it_went_in()
    {
        for (int c = char.MinValue; c <= char.MaxValue; c++)
        {
            string text = $"a{(char)c}b";
            string line = Line(Reply.Success with { Device = text });
            using var json = JsonDocument.Parse(line);
            Assert.Equal(char.IsSurrogate((char)c) ? "a\ufffdb" : text, json.RootElement.GetProperty("device").GetString());
            Assert.Equal(line.Length - 1, line.AsSpan().IndexOfAny(_lineEnds));
        }

        using var pair = JsonDocument.Parse(Line(Reply.Failure("\ud83d\ude00")));
        Assert.Equal("\ud83d\ude00", pair.RootElement.GetProperty("message").GetString());
    }

    private static string Line(Reply reply) => Encoding.UTF8.GetString(reply.ToJsonLine());
}
