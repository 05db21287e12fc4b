using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Kernel;

/// <summary>
/// A network namespace with a lab in it that a user-mode kernel reaches over a bridge; for all tests of the
/// collection, and gone with it. Its name has this process's id: <c>deploy/lib/test.sh</c> takes down what a killed
/// test program leaves.
/// </summary>
public sealed class KernelLab : IDisposable
{
    private const string LabAddress = "172.16.4.101";
    private const string GuestAddress = "172.16.4.102/24";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(120);

    private static int _made;

    private readonly string _folder;
    private readonly string _network = $"cephrbd-test-{Interlocked.Increment(ref _made)}-{Environment.ProcessId}";
    private readonly string _labScript;
    private readonly string _guestScript;

    public KernelLab()
    {
        RepositoryRoot = LabFixture.FindRepositoryRoot();
        _labScript = Path.Combine(RepositoryRoot, "deploy", "lab", "lab.sh");
        _guestScript = Path.Combine(RepositoryRoot, "deploy", "lab", "uml", "uml.sh");
        _folder = Directory.CreateTempSubdirectory("cephrbd-kernel-").FullName;
        try
        {
            Require(_guestScript, "net", "up", _network, LabAddress + "/24");
            Require("ip", "netns", "exec", _network, _labScript, "up", "--dir", LabDir, "--addr", LabAddress);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder that CephRbd.sln lies in.</summary>
    public string RepositoryRoot { get; }

    /// <summary>The network namespace that lab and guest are in.</summary>
    public string Network => _network;

    /// <summary>The lab's folder.</summary>
    public string LabDir => Path.Combine(_folder, "lab");

    /// <summary>
    /// Makes a folder for a guest to share: the driver, the lab's conf and keyrings, and the scenario as what the
    /// guest runs.
    /// </summary>
    public string MakeShare(string scenario, string script)
    {
        string share = Path.Combine(_folder, scenario);
        Directory.CreateDirectory(share, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Copy(PublishedDriver.FindBinary(RepositoryRoot), Path.Combine(share, "cephrbd"));
        foreach (string keyring in (string[])["ceph.client.admin.keyring", "ceph.client.cephrbd.keyring"])
        {
            File.Copy(Path.Combine(LabDir, keyring), Path.Combine(share, keyring));
        }

        // The guest lays memory over /tmp, where the lab's own folder may be.
        string conf = File.ReadAllText(Path.Combine(LabDir, "ceph.conf"));
        File.WriteAllText(Path.Combine(share, "ceph.conf"), conf.Replace(LabDir, share, StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(share, "key"), PublishedDriver.ReadKey(Path.Combine(LabDir, "ceph.client.cephrbd.keyring")));
        File.WriteAllText(Path.Combine(share, "name"), scenario);
        File.Copy(Path.Combine(Guest.SourceFolder(RepositoryRoot), "lib.sh"), Path.Combine(share, "lib.sh"));
        File.Copy(script, Path.Combine(share, "guest.sh"));
        if (Environment.GetEnvironmentVariable("CEPHRBD_FAULT_ROUNDS") is { Length: > 0 } rounds)
        {
            File.WriteAllText(Path.Combine(share, "rounds"), rounds);
        }

        if (Emulation.Folder is { } folder)
        {
            File.WriteAllText(Path.Combine(share, "emulation"), $"{RepositoryRoot}\n{folder}\n");
        }

        return share;
    }

    /// <summary>Boots a guest and waits for its script's end.</summary>
    /// <returns>The script's exit status, what it said, and what the harness said.</returns>
    public (int Exit, string Output, string Errors) Boot(string share, int seconds)
    {
        (int exit, _, string errors) = LabFixture.Execute(
            _guestScript,
            ["run", "--share", share, "--net", _network, "--addr", GuestAddress, "--mem", "1G", "--seconds", $"{seconds}"],
            TimeSpan.FromSeconds(seconds + 20));
        string output = Path.Combine(share, "output");
        return (exit, File.Exists(output) ? File.ReadAllText(output) : "", errors);
    }

    public void Dispose()
    {
        try
        {
            if (Directory.Exists(LabDir))
            {
                Require(_labScript, "down", "--dir", LabDir);
            }
        }
        finally
        {
            Require(_guestScript, "net", "down", _network);
            Directory.Delete(_folder, recursive: true);
        }
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
