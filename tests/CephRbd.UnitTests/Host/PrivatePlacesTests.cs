using System.Globalization;
using CephRbd.Driver.Host;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Hyper;

namespace CephRbd.UnitTests.Host;

public sealed class PrivatePlacesTests : IDisposable
{
    private readonly PodDir _pod = new();

    public void Dispose() => _pod.Dispose();

    [Fact]
    public void A_place_is_this_processes_own()
    {
        string place = Places().Make();
        Assert.Equal(place, Places().Make());
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(place));
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-"), Path.GetFileName(place), StringComparison.Ordinal);
        Places().Sweep();
        Assert.True(Directory.Exists(place));
    }

    [Fact]
    public void Only_what_dead_processes_left_is_swept()
    {
        string own = Path.GetFileName(Places().Make());
        string reused = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Processes.StartTime(Environment.ProcessId) + 1}");
        string[] stay = [own, "notes", "1-2-3", "-5", "x-5", "5-x", "5"];
        foreach (string name in (string[])[.. stay, reused, "999999999-1"])
        {
            Directory.CreateDirectory(Path.Combine(_pod.StageRoot, name));
        }

        PodDir.MountOrFail(Path.Combine(_pod.StageRoot, "999999999-1"), "first");
        PodDir.MountOrFail(Path.Combine(_pod.StageRoot, "999999999-1"), "second");
        Places().Sweep();
        Assert.Equal(stay.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(_pod.StageRoot).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty(_pod.Mounted());
    }

    [Fact]
    public void A_key_that_a_killed_call_left_is_swept_though_not_whole()
    {
        foreach (string name in (string[])["999999999-1", "999999998-1"])
        {
            Directory.CreateDirectory(Path.Combine(_pod.StageRoot, name));
        }

        File.WriteAllText(Path.Combine(_pod.StageRoot, "999999999-1", PrivatePlaces.KeyringName), "key");
        File.WriteAllText(Path.Combine(_pod.StageRoot, "999999998-1", $".{PrivatePlaces.KeyringName}.0a1b"), "ke");
        Places().Sweep();
        Assert.Empty(Directory.GetFileSystemEntries(_pod.StageRoot));
    }

    [Fact]
    public void Calls_that_sweep_at_the_same_time_do_not_disturb_each_other()
    {
        for (int round = 0; round < 5; round++)
        {
            for (int i = 1; i <= 20; i++)
            {
                string place = Path.Combine(_pod.StageRoot, string.Create(CultureInfo.InvariantCulture, $"{999999999 - i}-1"));
                Directory.CreateDirectory(place);
                PodDir.MountOrFail(place, "left");
            }

            // Thrown exceptions fail the test.
            Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => Places().Sweep());
            Assert.Empty(Directory.GetFileSystemEntries(_pod.StageRoot));
            Assert.Empty(_pod.Mounted());
        }
    }

    private PrivatePlaces Places() => new(_pod.Config.RunDir);
}
