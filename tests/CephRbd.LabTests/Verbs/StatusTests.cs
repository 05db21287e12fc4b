using System.Diagnostics;
using System.Text.Json;
using CephRbd.LabTests.Driving;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Verbs;

/// <summary>The published driver's status of volumes for VMs. Other tests' volumes are on the same node.</summary>
public sealed class StatusTests(LabFixture lab) : DriverTest(lab)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    [Fact]
    public void status_shows_mounted_volumes_with_size_pod_and_watchers()
    {
        string watched = CreateImage(64 * MiB);
        string alone = CreateImage(128 * MiB);
        string first = Driver.NewMountDir("first");
        string second = Driver.NewMountDir("second");
        Driver.Succeed("mount", first, Volume.PodOptions(watched));
        Driver.Succeed("attach", Volume.Options(alone));
        Driver.Succeed("mount", second, Volume.PodOptions(alone, Volume.ReadOnly));
        using var open = RbdImage.Open(Pool, watched, readOnly: false);

        JsonElement one = Find(Json(), watched);
        Assert.Equal("hyper", one.GetProperty("runtime").GetString());
        Assert.Equal(64UL * MiB, one.GetProperty("sizeBytes").GetUInt64());
        Assert.Single(one.GetProperty("watchers").EnumerateArray());
        Assert.False(one.GetProperty("readOnly").GetBoolean());
        JsonElement pod = one.GetProperty("pods").EnumerateArray().Single();
        Assert.Equal(
            ("5d1e4c9a-0c3f-4b0e-9f44-1f2a7c0d9b11", "default", "web-0", "data", first),
            (Text(pod, "uid"), Text(pod, "namespace"), Text(pod, "name"), Text(pod, "volume"), Text(pod, "path")));
        JsonElement other = Find(Json(), alone);
        Assert.Equal(128UL * MiB, other.GetProperty("sizeBytes").GetUInt64());
        Assert.Empty(other.GetProperty("watchers").EnumerateArray());
        Assert.True(other.GetProperty("readOnly").GetBoolean());

        (_, string text, string errors) = Status();
        Assert.Contains($"hyper/{watched}\n", text, StringComparison.Ordinal);
        Assert.Contains(second, text, StringComparison.Ordinal);
        Assert.Equal("", errors);
    }

    [Fact]
    public void a_volume_is_gone_from_status_after_its_unmount()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        Find(Json(), image);
        Driver.Succeed("unmount", dir);
        Assert.DoesNotContain(image, Status().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void with_the_cluster_down_status_still_lists_and_says_so_within_its_deadline()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        string conf = File.ReadAllText(Lab.ConfFile);
        Driver.With("timeoutSeconds", 6).With("confFile", Driver.WriteFile("ceph.conf", string.Join('\n', conf.Split('\n')
            .Select(line => line.StartsWith("mon", StringComparison.Ordinal) && line.Contains("host", StringComparison.Ordinal) ? "mon_host = 127.0.0.1:1" : line))));

        var watch = Stopwatch.StartNew();
        (int exit, string output, _) = Status("--json");
        // The deadline and what a busy machine adds: without one it would be minutes.
        Assert.True(watch.Elapsed < Emulation.Limit(6 + 5), $"{watch.Elapsed}");
        Assert.Equal(1, exit);
        using var json = JsonDocument.Parse(output);
        JsonElement volume = Find(json.RootElement, image);
        Assert.Equal(JsonValueKind.Null, volume.GetProperty("watchers").ValueKind);
        string problem = volume.GetProperty("clusterProblem").GetString()!;
        Assert.Contains("127.0.0.1:1", problem, StringComparison.Ordinal);
        Assert.Contains(json.RootElement.GetProperty("problems").EnumerateArray(), entry => Text(entry, "kind") == "noAnswer");
    }

    [Fact]
    public void an_image_that_was_removed_and_a_tag_that_was_taken_away_are_problems()
    {
        string image = CreateImage(64 * MiB);
        string dir = Driver.NewMountDir("gone");
        Driver.Succeed("mount", dir, Volume.PodOptions(image));
        string bare = Driver.NewMountDir("bare");
        Driver.Succeed("mount", bare, Volume.PodOptions(CreateImage(64 * MiB)));
        File.Delete(Path.Combine(bare, "hyper-flexvolume.json"));
        Ceph("rbd", "rm", "--no-progress", Spec(image));

        (int exit, string output, _) = Status("--json");
        Assert.Equal(1, exit);
        using var json = JsonDocument.Parse(output);
        JsonElement[] problems = [.. json.RootElement.GetProperty("problems").EnumerateArray()];
        Assert.Contains(problems, problem => Text(problem, "kind") == "imageGone" && Text(problem, "image") == Spec(image));
        Assert.Contains(problems, problem => Text(problem, "kind") == "tagMissing" && problem.GetProperty("text").GetString()!.Contains($"cephrbd unmount {bare}", StringComparison.Ordinal));
    }

    [Fact]
    public void a_wrong_argument_and_a_bad_config_are_refused_on_stderr()
    {
        (int exit, string output, string errors) = Status("--xml");
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains("\"--xml\"", errors, StringComparison.Ordinal);
        (exit, output, errors) = Status("--config", Driver.WriteFile("bad.json", "{\"pol\":1}"));
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains("\"pol\"", errors, StringComparison.Ordinal);
    }

    private JsonElement Json()
    {
        (_, string output, string errors) = Status("--json");
        Assert.Equal("", errors);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.Clone();
    }

    private static JsonElement Find(JsonElement status, string image) =>
        Assert.Single(status.GetProperty("volumes").EnumerateArray(), volume => Text(volume, "image") == Spec(image));

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private (int Exit, string Output, string Errors) Status(params string[] arguments)
    {
        (int Exit, string Output, string Errors) answer = LabFixture.Execute(Driver.Binary, ["--config", Driver.ConfigFile, "status", .. arguments], _limit);
        Assert.DoesNotContain(Driver.Key, answer.Output + answer.Errors, StringComparison.Ordinal);
        return answer;
    }
}
