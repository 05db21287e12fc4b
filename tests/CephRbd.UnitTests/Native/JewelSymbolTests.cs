using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.UnitTests.Native;

/// <summary>What the binding needs of Ceph's libraries, against what Jewel has.</summary>
public class JewelSymbolTests
{
    // Gone since Luminous; nothing else of Jewel's is.
    private static readonly string[] _dropped = ["rados_clone_range"];

    private static readonly string _native = Path.Combine(RepositoryRoot(), "tests", "CephRbd.UnitTests", "Native");

    /// <summary>Jewel's functions, and the 10.2 release that brought them; null for 10.2.0.</summary>
    private static readonly Dictionary<string, string?> _jewel = File
        .ReadLines(Path.Combine(_native, "jewel-symbols.txt"))
        .Where(line => !line.StartsWith('#'))
        .Select(line => line.Split(' '))
        .ToDictionary(words => words[0], words => words.ElementAtOrDefault(1), StringComparer.Ordinal);

    [Fact]
    public void The_list_is_in_order_and_names_functions_of_the_libraries_of_today()
    {
        string[] names = [.. File.ReadLines(Path.Combine(_native, "jewel-symbols.txt")).Where(line => !line.StartsWith('#')).Select(line => line.Split(' ')[0])];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.True(names.Length > 300, $"{names.Length}");

        nint rados = NativeLibrary.Load("librados.so.2");
        nint rbd = NativeLibrary.Load("librbd.so.1");
        Assert.Equal(_dropped, names.Where(name => !NativeLibrary.TryGetExport(name.StartsWith("rados_", StringComparison.Ordinal) ? rados : rbd, name, out _)));
    }

    [Fact]
    public void Every_function_that_is_required_is_in_the_first_Jewel_release()
    {
        string[] required = [.. RadosNative.RequiredSymbols, .. RbdNative.RequiredSymbols];
        Assert.NotEmpty(required);
        Assert.All(required, name => Assert.True(_jewel.TryGetValue(name, out string? release) && release is null, $"{name} is not in Jewel 10.2.0"));
    }

    [Fact]
    public void No_function_is_both_required_and_optional()
    {
        Assert.NotEmpty(RbdOptional.Symbols.ToArray());
        Assert.Empty(RbdOptional.Symbols.ToArray().Intersect([.. RadosNative.RequiredSymbols, .. RbdNative.RequiredSymbols]));
    }

    [Fact]
    public void Every_optional_function_says_what_is_done_without_it_and_since_when_it_is_there()
    {
        string source = File.ReadAllText(Path.Combine(RepositoryRoot(), "src", "Native", "Rbd", "RbdOptional.cs"));
        foreach (string name in RbdOptional.Symbols)
        {
            string comment = Assert.Single(
                Regex.Matches(source, @"(?:^ *///.*\n)+", RegexOptions.Multiline).Select(match => match.Value),
                text => text.Contains($" {name}(", StringComparison.Ordinal));
            Assert.Contains("Without it: ", comment, StringComparison.Ordinal);
            Assert.Contains(_jewel.TryGetValue(name, out string? release) ? $"from {release} on" : "Mimic (13.2) on", Regex.Replace(comment, @"\s*\n *///\s*", " "), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Jewel_lists_no_watchers() => Assert.DoesNotContain("rbd_watchers_list", _jewel.Keys);

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CephRbd.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("no CephRbd.sln above the tests");
    }
}
