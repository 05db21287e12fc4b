using CephRbd.Driver.Config;
using CephRbd.Driver.Doctor.Node;

namespace CephRbd.UnitTests.Doctor.Node;

/// <summary>A folder that looks like a node's root; gone when disposed.</summary>
internal sealed class FakeNode : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cephrbd-node-").FullName;

    public NodeFiles Files => new(_root);

    public NodeView View(RuntimeKind runtime = RuntimeKind.Hyper) => new(new DriverConfig { Runtime = runtime }, Files);

    public FakeNode With(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root + path)!);
        File.WriteAllText(_root + path, text);
        return this;
    }

    public FakeNode WithFolder(string path)
    {
        Directory.CreateDirectory(_root + path);
        return this;
    }

    /// <summary>A process as /proc shows it.</summary>
    public FakeNode WithProcess(int pid, long startTicks, char state, params string[] arguments)
    {
        string rest = string.Concat(Enumerable.Repeat(" 0", 18));
        return With($"/proc/{pid}/stat", $"{pid} (a (b) c) {state}{rest} {startTicks} 0 0\n")
            .With($"/proc/{pid}/cmdline", string.Concat(arguments.Select(argument => argument + "\0")));
    }

    /// <summary>A process of a test that reads no file.</summary>
    public static NodeProcess Process(string name, long startTicks = 100, char state = 'S', int pid = 42) => new(pid, ["/usr/bin/" + name], state, startTicks, SeesOurFiles: true);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
