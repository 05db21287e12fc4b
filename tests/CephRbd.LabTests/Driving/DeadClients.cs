using System.Diagnostics;
using System.Text.Json;

namespace CephRbd.LabTests.Driving;

/// <summary>
/// Clients that were killed: Ceph lists them for 30 s, and refuses their images to other writers meanwhile. One that was
/// killed while it opened an image Ceph may list for ever (before 18.2.5); that is ended as an administrator ends it.
/// </summary>
internal static class DeadClients
{
    private static readonly TimeSpan _forgotten = TimeSpan.FromSeconds(45);

    /// <summary>Repeats a call, as kubelet does, while it is refused because of a dead client.</summary>
    /// <param name="lab">The cluster.</param>
    /// <param name="image">POOL/IMAGE.</param>
    /// <param name="call">The call.</param>
    public static Reply Outlast(LabFixture lab, string image, Func<Reply> call)
    {
        Reply reply = call();
        bool isEnded = false;
        for (var watch = Stopwatch.StartNew(); reply.Message.Contains("a client that died is gone after 30 s", StringComparison.Ordinal); reply = call())
        {
            if (watch.Elapsed > _forgotten)
            {
                Assert.False(isEnded, $"after {watch.Elapsed.TotalSeconds:0} s still: {reply.Raw}");
                End(lab, image);
                isEnded = true;
                watch.Restart();
            }

            Thread.Sleep(1000);
        }

        return reply;
    }

    /// <summary>Waits until nobody has the image open.</summary>
    public static void AreGone(LabFixture lab, string image)
    {
        if (!IsUnwatchedInTime(lab, image))
        {
            End(lab, image);
            Assert.True(IsUnwatchedInTime(lab, image), $"{image} has a watcher still");
        }
    }

    private static bool IsUnwatchedInTime(LabFixture lab, string image)
    {
        for (var watch = Stopwatch.StartNew(); IsWatched(); Thread.Sleep(250))
        {
            if (watch.Elapsed > _forgotten)
            {
                return false;
            }
        }

        return true;

        bool IsWatched()
        {
            using var status = JsonDocument.Parse(Run(lab, "rbd", "status", image, "--format", "json"));
            return status.RootElement.GetProperty("watchers").GetArrayLength() > 0;
        }
    }

    // The OSDs look again who is there. A client that lives stays.
    private static void End(LabFixture lab, string image)
    {
        using var info = JsonDocument.Parse(Run(lab, "rbd", "info", image, "--format", "json"));
        string header = "rbd_header." + info.RootElement.GetProperty("id").GetString();
        using var map = JsonDocument.Parse(Run(lab, "ceph", "osd", "map", image.Split('/')[0], header, "-f", "json"));
        Run(lab, "ceph", "pg", "repeer", map.RootElement.GetProperty("pgid").GetString()!);
        TestContext.Current.TestOutputHelper?.WriteLine($"Ceph did not forget a client of {image} by itself");
    }

    private static string Run(LabFixture lab, string tool, params string[] args)
    {
        (int exit, string output, string errors) = lab.Run(tool, args);
        Assert.True(exit == 0, $"{tool} {string.Join(' ', args)}: {exit}: {output}{errors}");
        return output;
    }
}
