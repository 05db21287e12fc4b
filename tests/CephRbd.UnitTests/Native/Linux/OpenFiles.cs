using System.Globalization;

namespace CephRbd.UnitTests.Native.Linux;

/// <summary>What this process has open.</summary>
internal static class OpenFiles
{
    /// <summary>The one descriptor of a file.</summary>
    public static int DescriptorOf(string path) => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Where(entry => new FileInfo(entry).LinkTarget == path)
        .Select(entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture))
        .Single();
}
