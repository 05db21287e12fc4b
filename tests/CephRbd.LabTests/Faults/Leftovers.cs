using System.Diagnostics;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>What may not be there after the last unmount: on the node, and in a pool.</summary>
internal sealed class Leftovers(LabFixture lab, string pool)
{
    private static readonly TimeSpan _children = TimeSpan.FromSeconds(10);

    /// <summary>No mount, stage, scratch file, key or process of a driver whose calls have all ended.</summary>
    public static void NoneOnNode(PublishedDriver driver)
    {
        Assert.Empty(Mounted.Below(driver.Dir));
        Assert.Empty(Inside(driver.ScratchDir));
        string[] state = [.. Inside(driver.RunDir).Select(path => Path.GetRelativePath(driver.RunDir, path)).Order(StringComparer.Ordinal)];
        Assert.True(
            state.All(name => name is "calls.lock" or "stage" or "empty"), $"left in runDir: {string.Join(", ", state)}");
        for (var watch = Stopwatch.StartNew(); Processes(driver.Dir) is { Length: > 0 } left; Thread.Sleep(50))
        {
            Assert.True(watch.Elapsed < _children, $"processes still run: {string.Join("; ", left)}");
        }

        if (File.Exists(driver.LogFile))
        {
            Answers.HasNoPartOf(driver.Key, File.ReadAllText(driver.LogFile));
        }
    }

    /// <summary>No reservation, no lock, no mark, no watcher of these images.</summary>
    public void NoneInCluster(params IReadOnlyCollection<string> images)
    {
        string[] objects = Run("rados", "-p", pool, "ls").Split('\n');
        foreach (string image in images)
        {
            using var info = JsonDocument.Parse(Run("rbd", "info", $"{pool}/{image}", "--format", "json"));
            string id = info.RootElement.GetProperty("id").GetString()!;
            string[] own = [.. objects.Where(name => name.StartsWith("cephrbd.", StringComparison.Ordinal) && (name.EndsWith('.' + id) || name.EndsWith('.' + image)))];
            Assert.True(own.Length == 0, $"left of {image} in pool {pool}: {string.Join(", ", own)}");
            Assert.DoesNotContain("cephrbd", Run("rbd", "image-meta", "ls", $"{pool}/{image}"), StringComparison.Ordinal);
            DeadClients.AreGone(lab, $"{pool}/{image}");
        }
    }

    private string Run(string tool, params string[] args)
    {
        (int exit, string output, string errors) = lab.Run(tool, args);
        Assert.True(exit == 0, $"{tool} {string.Join(' ', args)}: {exit}: {output}{errors}");
        return output;
    }

    private static IEnumerable<string> Inside(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories) : [];

    // The driver's children inherit the environment that names this test's config.
    private static string[] Processes(string dir)
    {
        List<string> found = [];
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "environ")).Contains(dir, StringComparison.Ordinal))
                {
                    found.Add($"{Path.GetFileName(process)} {File.ReadAllText(Path.Combine(process, "comm")).Trim()}");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return [.. found];
    }
}
