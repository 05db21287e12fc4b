using System.Text.Json;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Status;

public class RenderingTests
{
    private static readonly NodeState _full = Node.Mounted with
    {
        Tags = [Node.Tag(Node.Pod("uid-v"), "vm1", "second")],
        Attached = [Node.Attached("pv1")],
    };

    [Fact]
    public void An_empty_node_is_told_in_a_line_and_in_an_object()
    {
        StatusReport report = Node.Report(Node.Empty);
        Assert.Equal("node1: runtime host, 0 volumes, no problem\n", StatusText.Write(report));
        Assert.Equal("""{"node":"node1","runtime":"host","volumes":[],"problems":[]}""" + "\n", StatusJson.Write(report));
    }

    [Fact]
    public void The_text_shows_each_volume_in_a_block()
    {
        string text = StatusText.Write(Node.Report(_full, volume => volume.Image!.Image == "vm1"
            ? new ImageLook(null, "no monitor answered")
            : Node.Look("client.4123 at 172.16.4.102:0/77")));
        Assert.Equal(
            """
            node1: runtime host, 2 volumes, 1 problem

            hyper/vm1 in cluster second
              for       VMs (runtime hyper)
              size      unknown, ext4
              pod       shop/web-0 (uid-v), volume data
                        /var/lib/kubelet/pods/uid-v/volumes/hyper~cephrbd/data
              watcher   unknown: the cluster could not be asked

            hyper/vol1
              device    /dev/rbd0 (krbd)
              size      1 GiB, ext4: 200 MiB used, 600 MiB free (25 %)
              stage     /stages/hyper~~vol1
              pod       uid-a, volume data
                        /var/lib/kubelet/pods/uid-a/volumes/hyper~cephrbd/data
              attached  as pv1
              watcher   client.4123 at 172.16.4.102:0/77

            Not right:
              - hyper/vm1: no monitor answered

            """,
            text);
    }

    [Fact]
    public void Where_nobody_can_list_the_watchers_the_text_says_why_and_the_object_has_none()
    {
        StatusReport report = Node.Report(_full, _ => Node.Untold("there is no rbd"));
        Assert.Contains("  watcher   unknown: there is no rbd\n", StatusText.Write(report), StringComparison.Ordinal);
        Assert.Contains("\"watchers\":null", StatusJson.Write(report), StringComparison.Ordinal);
    }

    [Fact]
    public void The_object_has_every_key_for_every_volume()
    {
        using var json = JsonDocument.Parse(StatusJson.Write(Node.Report(_full, _ => Node.Look("client.1 at [::1]:0/1"))));
        JsonElement[] volumes = [.. json.RootElement.GetProperty("volumes").EnumerateArray()];
        string[] keys = ["image", "pool", "namespace", "name", "snapshot", "cluster", "clusterFsid", "runtime", "mapper", "device", "readOnly", "sizeBytes", "fsType", "use", "stage", "pods", "otherMounts", "attached", "heldBy", "watchers", "writer", "clusterProblem"];
        Assert.All(volumes, volume => Assert.Equal(keys, volume.EnumerateObject().Select(property => property.Name)));
        Assert.Equal("hyper/vm1 second hyper  ", Join(volumes[0], "image", "cluster", "runtime", "mapper", "device"));
        Assert.Equal("hyper/vol1  host krbd /dev/rbd0", Join(volumes[1], "image", "cluster", "runtime", "mapper", "device"));
        Assert.Equal((1UL << 30, 200UL << 20), (volumes[1].GetProperty("sizeBytes").GetUInt64(), volumes[1].GetProperty("use").GetProperty("usedBytes").GetUInt64()));
        Assert.Equal(JsonValueKind.Null, volumes[0].GetProperty("use").ValueKind);
        Assert.Equal("uid-v shop web-0 data", Join(volumes[0].GetProperty("pods")[0], "uid", "namespace", "name", "volume"));
        Assert.Equal("client.1 at [::1]:0/1", volumes[1].GetProperty("watchers")[0].GetString());
        Assert.Equal("pv1", volumes[1].GetProperty("attached")[0].GetString());
    }

    [Fact]
    public void Problems_are_told_with_kind_image_and_text()
    {
        using var json = JsonDocument.Parse(StatusJson.Write(Node.Report(Node.Mounted, _ => new ImageLook(null, null))));
        JsonElement problem = json.RootElement.GetProperty("problems").EnumerateArray().Single();
        Assert.Equal("imageGone hyper/vol1", Join(problem, "kind", "image"));
        Assert.Contains("no such image", problem.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("no such image", json.RootElement.GetProperty("volumes")[0].GetProperty("clusterProblem").GetString());
    }

    [Fact]
    public void The_key_of_a_tag_is_in_neither()
    {
        StatusReport report = Node.Report(_full, _ => Node.Look());
        Assert.Equal(Node.Key, report.Volumes[0].Ask!.Key!.Reveal());
        Assert.DoesNotContain(Node.Key, StatusText.Write(report), StringComparison.Ordinal);
        Assert.DoesNotContain(Node.Key, StatusJson.Write(report), StringComparison.Ordinal);
        Assert.DoesNotContain(Node.Key, report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Places_with_strange_characters_break_neither()
    {
        const string Place = "/mnt/a \"b\"\n\u001b[2Jc\\d";
        StatusReport report = Node.Report(Node.Empty with { Tags = [Node.Tag(Place)] });
        string text = StatusText.Write(report);
        Assert.Contains("""/mnt/a "b"\u000a\u001b[2Jc\d""", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        using var json = JsonDocument.Parse(StatusJson.Write(report));
        Assert.Equal(Place, json.RootElement.GetProperty("volumes")[0].GetProperty("pods")[0].GetProperty("path").GetString());
    }

    [Fact]
    public void What_is_gone_or_read_only_is_said()
    {
        string gone = StatusText.Write(Node.Report(Node.Mounted with { Devices = [] }));
        Assert.Contains("/dev/rbd0 (gone)", gone, StringComparison.Ordinal);
        string mapped = StatusText.Write(Node.Report(Node.Empty with { Devices = [Node.Device(2, mapper: MapperKind.Nbd, readOnly: true)] }));
        Assert.Contains("/dev/nbd2 (rbd-nbd), read-only", mapped, StringComparison.Ordinal);
        string unmapped = StatusText.Write(Node.Report(Node.Empty with { Attached = [Node.Attached("pv1")] }));
        Assert.Contains("not mapped", unmapped, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0UL, "0 B")]
    [InlineData(1023UL, "1023 B")]
    [InlineData(1024UL, "1 KiB")]
    [InlineData(10_420_000_000UL, "9.7 GiB")]
    [InlineData(ulong.MaxValue, "16 EiB")]
    public void Sizes_are_rounded_for_a_glance(ulong bytes, string text) => Assert.Equal(text, StatusText.Rounded(bytes));

    [Theory]
    [InlineData("", false, null, false)]
    [InlineData("--json", true, null, false)]
    [InlineData("--json --config /c", true, "/c", false)]
    [InlineData("--config=/c --json", true, "/c", false)]
    [InlineData("--config", false, null, true)]
    [InlineData("--config=", false, null, true)]
    [InlineData("vol1", false, null, true)]
    public void Its_arguments_are_two_switches(string line, bool json, string? config, bool refused)
    {
        var arguments = StatusArguments.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((json, config, refused), (arguments.Json, arguments.ConfigFile, arguments.Problem is not null));
    }

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        VolumeSpec spec = new() { Image = "vol1", Pool = "hyper", Cluster = "second", ReadOnly = true, VolumeName = "pv1", Pod = new PodIdentity("web", "shop", "u-1", null) };
        Assert.Equal(new VolumeRecord.Contents("hyper/vol1", "second", true, "pv1", spec.Pod), VolumeRecord.TryParse(VolumeRecord.ToJson(spec, null)));
        Assert.Equal(new VolumeRecord.Contents("hyper/vol1", null, false, null, null, "10aa"), VolumeRecord.TryParse(VolumeRecord.ToJson(new VolumeSpec { Image = "vol1", Pool = "hyper" }, "10aa")));
        Assert.Null(VolumeRecord.TryParse("{\"image\":1"u8));
        Assert.Null(VolumeRecord.TryParse("[]"u8));
        Assert.Null(VolumeRecord.TryParse("{\"image\":1}"u8));
    }

    private static string Join(JsonElement element, params string[] names) => string.Join(' ', names.Select(name => element.GetProperty(name).GetString()));
}
