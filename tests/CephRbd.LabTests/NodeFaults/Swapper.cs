using System.Runtime.InteropServices;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>
/// Exchanges a dir and something else at random moments, each time by one system call, until it is told to put the dir
/// back. A dir that something is mounted on stays: the kernel does not let it be renamed.
/// </summary>
internal sealed partial class Swapper : IDisposable
{
    private const int Here = -100;
    private const uint Exchange = 2;

    private readonly string _dir;
    private readonly string _beside;
    private readonly bool _byNothing;
    private readonly Random _random;
    private readonly Thread _thread;
    private volatile bool _stop;
    private bool _away;

    public Swapper(string dir, string beside, string kind, string files, string pod, int seed)
    {
        _dir = dir;
        _beside = beside;
        _random = new Random(seed);
        _byNothing = kind == "nothing";
        switch (kind)
        {
            case "link to files":
                File.CreateSymbolicLink(beside, files);
                break;
            case "link to another pod's dir":
                File.CreateSymbolicLink(beside, pod);
                break;
            case "file":
                File.WriteAllText(beside, "somebody's");
                break;
            case "another dir":
                Directory.CreateDirectory(beside);
                File.WriteAllText(Path.Combine(beside, "hyper-flexvolume.jsom"), "somebody's");
                break;
            case "nothing":
                break;
            default:
                throw new ArgumentException("no such kind", nameof(kind));
        }

        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How often the dir and the other changed places.</summary>
    public int Swaps { get; private set; }

    /// <summary>Stops, and the dir is where it was.</summary>
    public void PutBack()
    {
        _stop = true;
        _thread.Join();
        if (_away)
        {
            Assert.True(Swap(), $"{_dir} could not be put back");
        }
    }

    public void Dispose()
    {
        PutBack();
        if (Directory.Exists(_beside) && !File.GetAttributes(_beside).HasFlag(FileAttributes.ReparsePoint))
        {
            Directory.Delete(_beside, recursive: true);
        }
        else
        {
            File.Delete(_beside);
        }
    }

    private void Run()
    {
        while (!_stop)
        {
            // Mostly the dir is there, and the other a moment only: a call that begins with no dir ends at once.
            Thread.Sleep(_random.Next(_away ? 12 : 45));
            Swap();
        }
    }

    private bool Swap()
    {
        int result = (_byNothing, _away) switch
        {
            (false, _) => Rename(Here, _dir, Here, _beside, Exchange),
            (true, false) => Rename(Here, _dir, Here, _beside, 1),
            (true, true) => Rename(Here, _beside, Here, _dir, 1),
        };
        if (result != 0)
        {
            return false;
        }

        _away = !_away;
        Swaps++;
        return true;
    }

    /// <summary><c>int renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, unsigned int flags)</c></summary>
    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(int oldDir, string oldPath, int newDir, string newPath, uint flags);
}
