using System.Diagnostics;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// Two network namespaces and a wire between them that delays and loses packets as it is told. Their names have this
/// process's id: <c>deploy/lib/test.sh</c> takes down what a killed test program leaves, and the wire ends with it.
/// </summary>
internal sealed class SlowNet : IDisposable
{
    public const string ClusterAddress = "10.77.0.1";
    private const string ClientAddress = "10.77.0.2";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    private static int _made;

    private readonly string _folder = Directory.CreateTempSubdirectory("cephrbd-slow-").FullName;
    private readonly Process? _wire;

    public SlowNet()
    {
        int number = Interlocked.Increment(ref _made);
        Cluster = $"cephrbd-test-faultc-a{number}-{Environment.ProcessId}";
        Client = $"cephrbd-test-faultc-b{number}-{Environment.ProcessId}";
        try
        {
            Require("ip", "netns", "add", Cluster);
            Require("ip", "netns", "add", Client);
            _wire = StartWire();
            Join(Cluster, ClusterAddress);
            Join(Client, ClientAddress);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The namespace for the cluster.</summary>
    public string Cluster { get; }

    /// <summary>The namespace for its clients.</summary>
    public string Client { get; }

    /// <summary>What each packet meets from now on, in both directions.</summary>
    /// <param name="delay">In milliseconds.</param>
    /// <param name="loss">Of a thousand packets.</param>
    public void Set(int delay, int loss)
    {
        _wire!.StandardInput.WriteLine($"{delay} {loss}");
        _wire.StandardInput.Flush();
        Assert.Equal($"{delay} {loss}", Answer(_wire));
    }

    public void Dispose()
    {
        if (_wire is not null)
        {
            _wire.Kill();
            _wire.WaitForExit();
            _wire.Dispose();
        }

        foreach (string network in (string[])[Cluster, Client])
        {
            if (File.Exists("/run/netns/" + network))
            {
                Require("ip", "netns", "del", network);
            }
        }

        Directory.Delete(_folder, recursive: true);
    }

    private Process StartWire()
    {
        string program = Path.Combine(_folder, "slow-net");
        string source = Path.Combine(LabFixture.FindRepositoryRoot(), "tests", "CephRbd.LabTests", "Faults", "slow-net.c");
        Require("cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, source);
        Process wire = Process.Start(new ProcessStartInfo(program, [Cluster, Client]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("ready", Answer(wire));
            return wire;
        }
        catch
        {
            wire.Kill();
            wire.Dispose();
            throw;
        }
    }

    private static string? Answer(Process wire)
    {
        Task<string?> line = wire.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(_limit), "the wire between cluster and client does not answer");
        return line.Result;
    }

    private static void Join(string network, string address)
    {
        Require("ip", "-n", network, "link", "set", "lo", "up");
        Require("ip", "-n", network, "addr", "add", address + "/24", "dev", "slow0");
        Require("ip", "-n", network, "link", "set", "slow0", "up");
    }

    private static void Require(string program, params string[] args)
    {
        (int exit, string output, string errors) = LabFixture.Execute(program, args, _limit);
        if (exit != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', args)} ended with {exit}: {output}{errors}");
        }
    }
}
