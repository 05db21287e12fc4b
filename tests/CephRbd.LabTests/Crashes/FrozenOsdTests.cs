using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Crashes;

/// <summary>OSDs that are there but do not answer, in a cluster of their own.</summary>
public sealed class FrozenOsdTests : IDisposable
{
    private readonly LabFixture _lab = LabFixture.StartOwn();
    private readonly List<PublishedDriver> _drivers = [];

    public void Dispose()
    {
        foreach (PublishedDriver driver in _drivers)
        {
            driver.Dispose();
        }

        _lab.Dispose();
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("blank")]
    public void a_mount_fails_at_its_deadline_naming_the_osds_and_succeeds_once_they_go_on(string kind)
    {
        PublishedDriver driver = new(_lab);
        _drivers.Add(driver);
        string image = _lab.NewImageName();
        string dir = driver.NewMountDir();
        string options = Volume.PodOptions(image, Volume.Size("64Mi"));
        if (kind == "blank")
        {
            Assert.Equal(0, _lab.Run("rbd", "create", "--size", "64M", $"hyper/{image}").Exit);
        }

        int[] osds = [.. Directory.EnumerateFiles(Path.Combine(_lab.Dir, "pid"), "osd.*").Select(file => int.Parse(File.ReadAllText(file).Split(' ')[0], null))];
        Assert.NotEmpty(osds);
        driver.With("timeoutSeconds", 6);
        Array.ForEach(osds, pid => Mounted.Signal(pid, Mounted.Stop));
        try
        {
            Reply reply = driver.Fail(["mount", dir, options], $"hyper/{image}", "OSD");
            Assert.True(reply.Elapsed < Emulation.Limit(6 + 5), $"{reply.Elapsed}");
            Assert.Empty(Mounted.At(dir));
        }
        finally
        {
            Array.ForEach(osds, pid => Mounted.Signal(pid, Mounted.Continue));
        }

        driver.With("timeoutSeconds", 60).Succeed("mount", dir, options);
        Assert.Single(Mounted.At(dir));
    }
}
