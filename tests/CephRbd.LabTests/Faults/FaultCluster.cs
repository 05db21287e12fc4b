using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// A cluster whose daemons are stopped, killed and started again, behind a network that can be made slow: for the
/// tests of one class.
/// </summary>
public sealed class FaultCluster : IDisposable
{
    private const int Osds = 3;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly SlowNet _net = new();

    public FaultCluster()
    {
        try
        {
            Lab = LabFixture.StartOwnIn(_net.Cluster, SlowNet.ClusterAddress);
        }
        catch
        {
            _net.Dispose();
            throw;
        }
    }

    public LabFixture Lab { get; }

    /// <summary>The network namespace of the cluster's clients.</summary>
    public string ClientNetwork => _net.Client;

    public static string Monitor => "mon.a";

    public static string Osd(int number) => $"osd.{number}";

    /// <summary>What each packet between client and cluster meets: a delay in milliseconds, loss of a thousand.</summary>
    public void Slow(int delay, int loss) => _net.Set(delay, loss);

    public void Freeze(string daemon) => Mounted.Signal(Pid(daemon), Mounted.Stop);

    public void Thaw(string daemon) => Mounted.Signal(Pid(daemon), Mounted.Continue);

    public void Kill(string daemon) => Mounted.End(Pid(daemon));

    public void StartMonitor() => Launch(Monitor, "ceph-mon");

    /// <summary>Starts a killed OSD with an empty store, as a new disk: its memory is gone, the others have the data.</summary>
    public void RebuildOsd(int number)
    {
        using var dump = JsonDocument.Parse(Ceph("osd", "dump", "-f", "json"));
        string uuid = dump.RootElement.GetProperty("osds").EnumerateArray().Single(osd => osd.GetProperty("osd").GetInt32() == number).GetProperty("uuid").GetString()!;
        string store = Path.Combine(Lab.Dir, "osd", $"{number}");
        Directory.Delete(store, recursive: true);
        Directory.CreateDirectory(store);
        (int exit, string output, string errors) = Lab.ExecuteThere(
            "ceph-osd", ["-c", Lab.ConfFile, "-i", $"{number}", "--mkfs", "--osd-uuid", uuid, "--no-mon-config"], _limit);
        Assert.True(exit == 0, $"ceph-osd --mkfs: {exit}: {output}{errors}");
        Launch(Osd(number), "ceph-osd");
    }

    /// <summary>Whether the OSDs count as full, whatever is on them.</summary>
    public void SetFull(bool full)
    {
        // Each has to be below the next.
        string[] names = full ? ["set-nearfull-ratio", "set-backfillfull-ratio", "set-full-ratio"] : ["set-full-ratio", "set-backfillfull-ratio", "set-nearfull-ratio"];
        string[] ratios = full ? ["0.00001", "0.00002", "0.00003"] : ["0.95", "0.90", "0.85"];
        foreach ((string name, string ratio) in names.Zip(ratios))
        {
            Ceph("osd", name, ratio);
        }

        Wait(() => Ceph("osd", "pool", "ls", "detail").Contains(",full,", StringComparison.Ordinal) == full, full ? "the pool is full" : "the pool has room");
    }

    /// <summary>Waits until all daemons work together again.</summary>
    public void AwaitHealth()
    {
        try
        {
            Wait(IsHealthy, "all placement groups are clean");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}: {Ceph("health", "detail")}", e);
        }

        bool IsHealthy()
        {
            if (!Ceph("osd", "stat", "-f", "json").Contains($"\"num_up_osds\":{Osds}", StringComparison.Ordinal))
            {
                return false;
            }

            using var pgs = JsonDocument.Parse(Ceph("pg", "stat", "-f", "json"));
            JsonElement summary = pgs.RootElement.GetProperty("pg_summary");
            return pgs.RootElement.GetProperty("pg_ready").GetBoolean()
                && summary.GetProperty("num_pg_by_state").EnumerateArray().All(state => state.GetProperty("name").GetString() == "active+clean");
        }
    }

    public void Dispose()
    {
        try
        {
            Lab.Dispose();
        }
        finally
        {
            _net.Dispose();
        }
    }

    private string Ceph(params string[] args)
    {
        (int exit, string output, string errors) = Lab.Run("ceph", ["--connect-timeout", "30", .. args]);
        Assert.True(exit == 0, $"ceph {string.Join(' ', args)}: {exit}: {output}{errors}");
        return output;
    }

    // As the lab's own script starts it, so that the script knows it when the lab is taken down.
    private void Launch(string daemon, string program)
    {
        const string Script = """
            set -euo pipefail
            . "$1/deploy/lib/common.sh"
            . "$1/deploy/lib/process.sh"
            . "$1/deploy/lab/ceph.sh"
            dir=$2
            launch "$3" "$4"
            """;
        (int exit, string output, string errors) = Lab.ExecuteThere("bash", ["-c", Script, "launch", Lab.RepositoryRoot, Lab.Dir, daemon, program], _limit);
        Assert.True(exit == 0, $"{daemon} does not start: {output}{errors}");
    }

    private int Pid(string daemon) => int.Parse(File.ReadAllText(Path.Combine(Lab.Dir, "pid", daemon)).Split(' ')[0], null);

    private static void Wait(Func<bool> condition, string what) => FaultTest.Await(condition, what, 90);
}
