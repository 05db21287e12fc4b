using System.Diagnostics;
using CephRbd.LabTests;

[assembly: AssemblyFixture(typeof(LabFixture))]

namespace CephRbd.LabTests;

/// <summary>
/// A live Ceph cluster for all tests of this assembly. CEPHRBD_LAB_DIR names the folder of a lab that runs
/// already and is left running; without it a lab is started for the run and taken down after it.
/// </summary>
public sealed class LabFixture : IDisposable
{
    private const string Variable = "CEPHRBD_LAB_DIR";
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _toolLimit = TimeSpan.FromSeconds(60);

    private readonly string? _ownFolder;
    private readonly string? _network;
    private readonly string? _address;
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private int _names;

    public LabFixture()
        : this(Environment.GetEnvironmentVariable(Variable), network: null, address: null)
    {
    }

    private LabFixture(string? given, string? network, string? address)
    {
        (_network, _address) = (network, address);
        RepositoryRoot = FindRepositoryRoot();
        if (!string.IsNullOrEmpty(given))
        {
            Dir = Path.GetFullPath(given);
            RequireRunning();
            return;
        }

        _ownFolder = Directory.CreateTempSubdirectory("cephrbd-lab-").FullName;
        Dir = Path.Combine(_ownFolder, "lab");
        try
        {
            Lab("up", _startLimit, _address is null ? [] : ["--addr", _address]);
            RequireRunning();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A cluster of its own for a test that does it harm; goes when disposed.</summary>
    public static LabFixture StartOwn() => new(given: null, network: null, address: null);

    /// <summary>The same on an address of a network namespace, which Ceph's tools are run in as well.</summary>
    public static LabFixture StartOwnIn(string network, string address) => new(given: null, network, address);

    /// <summary>The folder that CephRbd.sln lies in.</summary>
    public string RepositoryRoot { get; }

    /// <summary>The lab's folder.</summary>
    public string Dir { get; }

    public string ConfFile => Path.Combine(Dir, "ceph.conf");

    public string AdminKeyringFile => Path.Combine(Dir, "ceph.client.admin.keyring");

    /// <summary>A name that no other test uses.</summary>
    public string NewImageName() => $"test-{_run}-{Interlocked.Increment(ref _names)}";

    /// <summary>Runs one of Ceph's tools as client.admin of the lab; it has a minute.</summary>
    public (int Exit, string Output, string Errors) Run(string tool, params string[] args) =>
        ExecuteThere(tool, ["-c", ConfFile, "--keyring", AdminKeyringFile, .. args], _toolLimit);

    /// <summary>Runs any program where the cluster is.</summary>
    public (int Exit, string Output, string Errors) ExecuteThere(string program, string[] args, TimeSpan limit) => _network is null
        ? Execute(program, args, limit)
        : Execute("nsenter", ["--net=/run/netns/" + _network, program, .. args], limit);

    public void Dispose()
    {
        if (_ownFolder is null || !Directory.Exists(_ownFolder))
        {
            return;
        }

        try
        {
            Lab("down", _stopLimit);
        }
        finally
        {
            Directory.Delete(_ownFolder, recursive: true);
        }
    }

    private void Lab(string verb, TimeSpan limit, params string[] more)
    {
        string script = Path.Combine(RepositoryRoot, "deploy", "lab", "lab.sh");
        (int exit, string output, string errors) = ExecuteThere("bash", [script, verb, "--dir", Dir, .. more], limit);
        if (exit != 0)
        {
            throw new InvalidOperationException($"lab.sh {verb} ended with {exit}: {output}{errors}");
        }
    }

    private void RequireRunning()
    {
        (int exit, _, string errors) = Run("ceph", "--connect-timeout", "10", "osd", "stat");
        if (exit != 0)
        {
            throw new InvalidOperationException($"the lab in {Dir} does not answer: {errors}");
        }
    }

    /// <summary>Runs any program with its two streams read apart.</summary>
    /// <exception cref="TimeoutException">It did not end in time, and was killed.</exception>
    public static (int Exit, string Output, string Errors) Execute(string program, string[] args, TimeSpan limit)
    {
        ProcessStartInfo start = new(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();

        // Also the pipes' ends are waited for with a limit: a daemon may have inherited them.
        if (!process.WaitForExit(limit) || !Task.WaitAll([output, errors], TimeSpan.FromSeconds(10)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {limit.TotalSeconds} s");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>The folder that CephRbd.sln lies in, above the test program.</summary>
    public static string FindRepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CephRbd.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("no CephRbd.sln above the tests");
    }
}
