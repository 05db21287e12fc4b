using System.Diagnostics;

namespace CephRbd.LabTests.Faults;

/// <summary>Clients that are killed after they asked to watch an object, and before its OSD has heard of it.</summary>
internal sealed class HalfWatch : IDisposable
{
    private readonly FaultCluster _cluster;
    private readonly string _folder = Directory.CreateTempSubdirectory("cephrbd-half-watch-").FullName;
    private readonly string _program;

    public HalfWatch(FaultCluster cluster)
    {
        _cluster = cluster;
        _program = Path.Combine(_folder, "half-watch");
        string source = Path.Combine(LabFixture.FindRepositoryRoot(), "tests", "CephRbd.LabTests", "Faults", "half-watch.c");
        (int exit, string output, string errors) = LabFixture.Execute(
            "cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", _program, source, "-l:librados.so.2"], TimeSpan.FromSeconds(60));
        Assert.True(exit == 0, $"cc: {exit}: {output}{errors}");
    }

    /// <summary>One such client.</summary>
    public void DieWatching(string header)
    {
        string[] osds = [FaultCluster.Osd(0), FaultCluster.Osd(1), FaultCluster.Osd(2)];
        string[] command = ["netns", "exec", _cluster.ClientNetwork, _program, _cluster.Lab.ConfFile, "hyper", header];
        using Process client = Process.Start(new ProcessStartInfo("ip", command) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("ready", client.StandardOutput.ReadLine());
            Array.ForEach(osds, _cluster.Freeze);
            client.StandardInput.WriteLine();
            client.StandardInput.Flush();
            Thread.Sleep(500);
            Assert.False(client.HasExited, "the client did not wait for the OSD");
        }
        finally
        {
            client.Kill();
            client.WaitForExit();
            Thread.Sleep(200);
            Array.ForEach(osds, _cluster.Thaw);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
