using System.Text.Json;
using CephRbd.Driver.Config;
using CephRbd.Driver.Doctor;

namespace CephRbd.UnitTests.Doctor;

public class DoctorRenderingTests
{
    private static readonly DoctorReport _report = new("node1", RuntimeKind.Host, "hyper", "cephrbd",
    [
        new Finding("config", FindingState.Ok, "/etc/cephrbd/config.json is in force"),
        new Finding("api-server", FindingState.Failed, "no answer", "ip addr add 172.16.4.250/24 dev eth0"),
        new Finding("disk", FindingState.Warning, "/: 97 % used", "df -h /"),
        new Finding("frakti", FindingState.Skipped, "runtime host has no part for it"),
    ]);

    [Fact]
    public void The_text_has_a_line_for_each_finding_its_remedy_below_and_the_sum() => Assert.Equal(
        """
        node1: runtime host, pool hyper, user client.cephrbd

        ok      config      /etc/cephrbd/config.json is in force
        failed  api-server  no answer
                            -> ip addr add 172.16.4.250/24 dev eth0
        warning disk        /: 97 % used
                            -> df -h /
        skipped frakti      runtime host has no part for it

        1 failed, 1 to watch, 1 in order, 1 skipped

        """, DoctorText.Write(_report));

    [Fact]
    public void The_json_is_one_line_with_every_key_each_time()
    {
        string line = DoctorJson.Write(_report);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        using var json = JsonDocument.Parse(line);
        JsonElement root = json.RootElement;
        Assert.Equal(["node", "runtime", "pool", "user", "failed", "warnings", "checks"], root.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ("node1", "host", "hyper", "cephrbd", 1, 1),
            (root.GetProperty("node").GetString(), root.GetProperty("runtime").GetString(), root.GetProperty("pool").GetString(), root.GetProperty("user").GetString(), root.GetProperty("failed").GetInt32(), root.GetProperty("warnings").GetInt32()));
        JsonElement[] checks = [.. root.GetProperty("checks").EnumerateArray()];
        Assert.All(checks, check => Assert.Equal(["name", "state", "evidence", "remedy"], check.EnumerateObject().Select(property => property.Name)));
        Assert.Equal(["ok", "failed", "warning", "skipped"], checks.Select(check => check.GetProperty("state").GetString()));
        Assert.Equal(JsonValueKind.Null, checks[0].GetProperty("remedy").ValueKind);
        Assert.Equal("ip addr add 172.16.4.250/24 dev eth0", checks[1].GetProperty("remedy").GetString());
    }

    [Fact]
    public void Nothing_that_was_read_moves_the_terminals_cursor()
    {
        string text = DoctorText.Write(new DoctorReport("n\u001b[2J", RuntimeKind.Hyper, "p", "u", [new Finding("disk", FindingState.Failed, "a\u001b[31mb", "c\u0007d")]));
        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('\u0007', text);
        Assert.Contains("runtime hyper", text, StringComparison.Ordinal);
    }
}
