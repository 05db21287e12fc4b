using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Kernel;

/// <summary>
/// A node that is cut off while it writes, another that takes its images over, and the first one's return: no line that
/// was acknowledged is lost, none is torn, and what the first one still had to write reaches nothing.
/// CEPHRBD_PARTITIONS says how many times.
/// </summary>
[Collection(SecondGuestCollection.Name)]
public sealed class PartitionTests(KernelLab lab)
{
    private const int GuestSeconds = 300;
    private static readonly TimeSpan _toolLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_node_that_is_cut_off_loses_its_images_and_nothing_that_was_acknowledged()
    {
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("CEPHRBD_PARTITIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : 1;
        for (int round = 0; round < rounds; round++)
        {
            OneRound(round);
        }
    }

    private void OneRound(int round)
    {
        // One whose last writer the exclusive lock names, and one whose note does.
        string locked = string.Create(CultureInfo.InvariantCulture, $"partition-locked-{round}");
        string plain = string.Create(CultureInfo.InvariantCulture, $"partition-plain-{round}");
        Ceph("rbd", "create", "--size", "64M", "--image-feature", "layering,exclusive-lock", "hyper/" + locked);
        Ceph("rbd", "create", "--size", "64M", "--image-feature", "layering", "hyper/" + plain);
        string[] images = [locked, plain];
        string share = lab.MakeShare(string.Create(CultureInfo.InvariantCulture, $"partition{round}"), Guest.Script(lab.RepositoryRoot, "partition"));
        File.WriteAllLines(Path.Combine(share, "images"), images);
        Task<(int Exit, string Output, string Errors)> guest = Task.Factory.StartNew(
            () => lab.Boot(share, GuestSeconds), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        string folder = Directory.CreateTempSubdirectory("cephrbd-n2-").FullName;
        try
        {
            Play(share, folder, images, guest);
            (int exit, string output, string errors) = guest.GetAwaiter().GetResult();
            Assert.True(exit == 0, $"{exit}:\n{output}\n{errors}");
        }
        catch (Exception e) when (!guest.IsCompleted)
        {
            (_, string output, string errors) = guest.GetAwaiter().GetResult();
            throw new InvalidOperationException($"{e.Message}\n{output}\n{errors}", e);
        }
        finally
        {
            Mounted.UnmountBelow(folder);
            Directory.Delete(folder, recursive: true);
        }

        Directory.Delete(share, recursive: true);
        Array.ForEach(images, image => Ceph("rbd", "rm", "--no-progress", "hyper/" + image));
    }

    private void Play(string share, string folder, string[] images, Task guest)
    {
        Await(() => Array.TrueForAll(images, image => Acknowledged(share, image) > 3), 90, guest, "the first node does not write");
        foreach (string image in images)
        {
            (string status, string message) = Mount(folder, image);
            Assert.True(status == "Failure" && message.Contains("node n1", StringComparison.Ordinal) && message.Contains("is in use", StringComparison.Ordinal), message);
        }

        File.WriteAllText(Path.Combine(share, "cut"), "");
        Await(() => File.Exists(Path.Combine(share, "is-cut")), 30, guest, "the first node is not cut off");

        // From here on nothing is acknowledged; the watch ends after 30 s, and before that nobody gets the image.
        string[] digests = [.. images.Select(image => TakeOver(share, folder, image, guest))];
        File.WriteAllText(Path.Combine(share, "heal"), "");
        Await(() => File.Exists(Path.Combine(share, "has-failed")), 120, guest, "the first node still writes, or waits");
        for (int i = 0; i < images.Length; i++)
        {
            Assert.True(digests[i] == Digest(Export(folder, images[i])), $"{images[i]} was written to by a client that was shut out");
        }

        File.WriteAllText(Path.Combine(share, "end"), "");
    }

    private string TakeOver(string share, string folder, string image, Task guest)
    {
        string message = "";
        Await(() =>
        {
            (string status, message) = Mount(folder, image);
            return status == "Success";
        }, 90, guest, "the image was not given to the second node");
        int acknowledged = Acknowledged(share, image);
        string copy = Export(folder, image);
        string digest = Digest(copy);

        // The journal is played back, as the next mount would, on the copy.
        (int exit, string said, string complaints) = LabFixture.Execute("e2fsck", ["-fp", copy], _toolLimit);
        Assert.True(exit is 0 or 1, $"e2fsck: {exit}: {said}{complaints}");
        string[] lines = LabFixture.Execute("debugfs", ["-R", "cat /log", copy], _toolLimit).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length >= acknowledged, $"{image}: {acknowledged} lines were acknowledged, {lines.Length} are there");
        for (int i = 0; i < acknowledged; i++)
        {
            string[] parts = lines[i].Split(' ', 3);
            Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"line {i + 1} of "), parts[2], StringComparison.Ordinal);
            Assert.Equal(Checksum(folder, parts[2]), $"{parts[0]} {parts[1]}");
        }

        return digest;
    }

    // The second node: the same driver, for VMs, on the machine that the lab is on.
    private (string Status, string Message) Mount(string folder, string image)
    {
        string config = Path.Combine(folder, "config.json");
        string key = Path.Combine(lab.LabDir, "ceph.client.cephrbd.keyring");
        File.WriteAllText(config, $$"""
            {"user":"cephrbd","nodeName":"n2","confFile":"{{lab.LabDir}}/ceph.conf","keyringFile":"{{key}}","timeoutSeconds":20,
             "logFile":"{{folder}}/log","runDir":"{{folder}}/run","scratchDir":"{{folder}}/scratch"}
            """);
        string dir = Directory.CreateDirectory(Path.Combine(folder, image)).FullName;
        (int exit, string output, string errors) = LabFixture.Execute(
            "ip",
            ["netns", "exec", lab.Network, PublishedDriver.FindBinary(lab.RepositoryRoot), "--config", config, "mount", dir, Volume.PodOptions(image)],
            _toolLimit);
        Assert.True(exit == 0, $"{exit}: {output}{errors}");
        using var json = JsonDocument.Parse(output);
        return (json.RootElement.GetProperty("status").GetString()!, json.RootElement.TryGetProperty("message", out JsonElement message) ? message.GetString()! : "");
    }

    private static int Acknowledged(string share, string image)
    {
        string file = Path.Combine(share, "acknowledged." + image);
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int count) ? count : 0;
    }

    private string Export(string folder, string image)
    {
        string path = Path.Combine(folder, image + ".img");
        File.Delete(path);
        Ceph("rbd", "export", "--no-progress", "hyper/" + image, path);
        return path;
    }

    private static string Digest(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }

    private static string Checksum(string folder, string text)
    {
        string file = Path.Combine(folder, "line");
        File.WriteAllText(file, text + "\n");
        return LabFixture.Execute("sh", ["-c", "cksum <\"$0\"", file], _toolLimit).Output.TrimEnd();
    }

    private void Ceph(string tool, params string[] args)
    {
        (int exit, string output, string errors) = LabFixture.Execute(
            "ip",
            ["netns", "exec", lab.Network, tool, "-c", Path.Combine(lab.LabDir, "ceph.conf"), "--keyring", Path.Combine(lab.LabDir, "ceph.client.admin.keyring"), .. args],
            _toolLimit);
        Assert.True(exit == 0, $"{tool} {string.Join(' ', args)}: {exit}: {output}{errors}");
    }

    private static void Await(Func<bool> condition, int seconds, Task guest, string otherwise)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); Thread.Sleep(500))
        {
            Assert.False(guest.IsCompleted, $"the first node ended early: {otherwise}");
            Assert.True(watch.Elapsed.TotalSeconds < seconds, otherwise);
        }
    }
}
