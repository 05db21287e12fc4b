using System.Text.RegularExpressions;

namespace CephRbd.UnitTests.Architecture;

/// <summary>Who may name whom, read off the source text. Dependencies run one way: towards Volumes, and towards Native.</summary>
public partial class DependencyTests
{
    private const string Driver = "src/CephRbdDriver/";

    private static readonly string _root = FindRoot();

    private static readonly (string Path, string Code)[] _sources = Directory
        .EnumerateFiles(Path.Combine(_root, "src"), "*.cs", SearchOption.AllDirectories)
        .Select(path => (Path: Path.GetRelativePath(_root, path), File: path))
        .Where(source => !source.Path.Contains("/obj/", StringComparison.Ordinal) && !source.Path.Contains("/bin/", StringComparison.Ordinal))
        .Select(source => (source.Path, Comments().Replace(File.ReadAllText(source.File), "")))
        .ToArray();

    [Fact]
    public void The_sources_are_found() => Assert.True(_sources.Length > 80, $"only {_sources.Length} files below {_root}");

    /// <summary>Each folder of the driver, and the folders whose types it may name besides its own.</summary>
    [Theory]
    [InlineData("Secrets")]
    [InlineData("Volumes", "Secrets")]
    [InlineData("Config", "Volumes")]
    [InlineData("Ceph/Conf", "Volumes", "Secrets")]
    [InlineData("Host", "Volumes", "Config")]
    [InlineData("Ceph", "Volumes", "Config", "Host", "Secrets")]
    [InlineData("FileSystems", "Volumes", "Host")]
    [InlineData("Mapping", "Volumes", "Config", "Host", "Secrets")]
    [InlineData("Mounting", "Mapping", "FileSystems", "Volumes", "Config", "Host")]
    [InlineData("Hyper", "Volumes", "Config", "Host", "Secrets")]
    [InlineData("Status", "Volumes", "Config", "Host", "Mapping", "Mounting", "Hyper", "Secrets")]
    [InlineData("Doctor", "Ceph", "Ceph.Conf", "Volumes", "Config", "Host", "Mapping", "FileSystems", "Mounting", "Hyper", "Status", "Secrets")]
    [InlineData("Release", "Ceph.Reservations", "Volumes")]
    [InlineData("Protocol", "Volumes", "Config", "Secrets")]
    [InlineData("Logging", "Volumes", "Config", "Protocol", "Secrets")]
    [InlineData("Admin", "Protocol")]
    public void A_folder_names_only_those_below_it(string folder, params string[] below)
    {
        string own = folder.Replace('/', '.');
        var broken =
            from source in _sources
            where source.Path.StartsWith($"{Driver}{folder}/", StringComparison.Ordinal) && (folder != "Ceph" || !source.Path.Contains("/Conf/", StringComparison.Ordinal))
            from Match use in DriverNamespaces().Matches(source.Code)
            let named = use.Groups["folder"].Value
            where use.Value.StartsWith("CephRbd.", StringComparison.Ordinal) || HasFile(named, use.Groups["type"].Value)
            where named != own && !named.StartsWith(own + ".", StringComparison.Ordinal) && !below.Contains(named)
            select $"{source.Path} names {named}";
        Assert.Empty(broken.Distinct());
    }

    [Fact]
    public void Every_folder_of_the_driver_has_its_rule()
    {
        string[] ruled = typeof(DependencyTests).GetMethod(nameof(A_folder_names_only_those_below_it))!
            .GetCustomAttributes(typeof(InlineDataAttribute), false).Cast<InlineDataAttribute>()
            .Select(rule => ((string)rule.Data[0]!).Split('/')[0]).Distinct().ToArray();
        string[] folders = _sources.Where(source => source.Path.StartsWith(Driver, StringComparison.Ordinal))
            .Select(source => source.Path[Driver.Length..].Split('/')).Where(parts => parts.Length > 1).Select(parts => parts[0]).Distinct().ToArray();
        Assert.Empty(folders.Except(ruled));
    }

    [Fact]
    public void Only_Ceph_names_the_bindings_of_Cephs_libraries() => OnlyIn(
        @"\bNative\.(Rados|Rbd)\b|\b(Rados|Rbd)(Cluster|IoContext|Image|Images|AioBatch)\b",
        Driver + "Ceph/", "src/Native/");

    [Fact]
    public void Only_Host_runs_programs() => OnlyIn(@"\bCliWrap\b|\bDiagnostics\.Process\b|\bProcessStartInfo\b|\bProcess\.Start\b", Driver + "Host/");

    [Fact]
    public void Only_Native_declares_or_looks_up_foreign_functions() =>
        OnlyIn(@"\b(DllImport|LibraryImport|NativeLibrary|UnmanagedCallersOnly)\b", "src/Native/");

    [Fact]
    public void Nobody_uses_the_console() => OnlyIn(@"\bConsole\.|\bOpenStandard(Output|Error)\b");

    [Fact]
    public void Native_names_no_part_of_the_driver() =>
        Assert.DoesNotContain(_sources, source => source.Path.StartsWith("src/Native/", StringComparison.Ordinal) && source.Code.Contains("CephRbd.Driver", StringComparison.Ordinal));

    [Fact]
    public void Only_Program_and_Protocol_end_the_process() =>
        OnlyIn(@"\bExitNow\(|\bEnvironment\.(Exit|FailFast)\b", Driver + "Program.cs", Driver + "Protocol/", "src/Native/Linux/");

    [Fact]
    public void No_file_is_longer_than_320_lines() => Assert.Empty(
        from source in _sources
        let lines = File.ReadLines(Path.Combine(_root, source.Path)).Count()
        where lines > 320
        select $"{source.Path}: {lines} lines");

    private static bool HasFile(string folder, string type) =>
        _sources.Any(source => source.Path == $"{Driver}{folder.Replace('.', '/')}/{type}.cs");

    private static void OnlyIn(string pattern, params string[] places) => Assert.Empty(
        from source in _sources
        where !places.Any(place => source.Path.StartsWith(place, StringComparison.Ordinal))
        from Match use in Regex.Matches(source.Code, pattern)
        select $"{source.Path} names {use.Value}");

    private static string FindRoot()
    {
        for (DirectoryInfo? dir = new(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            if (File.Exists(Path.Combine(dir.FullName, "CephRbd.sln")))
            {
                return dir.FullName;
            }
        }

        throw new InvalidOperationException($"no CephRbd.sln above {AppContext.BaseDirectory}");
    }

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comments();

    // A using, or a type qualified by its folder.
    [GeneratedRegex(@"(?<![\w.])(?:CephRbd\.Driver\.|Driver\.)?(?<folder>Secrets|Volumes|Config|Ceph\.Conf|Ceph\.Format|Ceph\.Reservations|Ceph|Host|FileSystems|Mapping|Mounting|Hyper|Status|Doctor\.Node|Doctor\.Cluster|Doctor|Protocol|Logging|Admin|Release)(?:;|\.(?<type>[A-Z]\w*))")]
    private static partial Regex DriverNamespaces();
}
