namespace CephRbd.UnitTests.Native.Linux;

/// <summary>A directory of a test's own, removed with all in it.</summary>
internal sealed class TempDir : IDisposable
{
    public TempDir(string? below = null)
        => Path = Directory.CreateDirectory(System.IO.Path.Join(below ?? System.IO.Path.GetTempPath(), $"cephrbd-test-{Guid.NewGuid():N}")).FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Join(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
