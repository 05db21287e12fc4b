using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.UnitTests.Native;

/// <summary>The binding against Ceph's real C headers, by a compiled check.</summary>
public sealed class HeaderTests : IDisposable
{
    private static readonly string _table =
        Path.Combine(RepositoryRoot(), "tests", "CephRbd.UnitTests", "Native", "prototypes.c");

    private readonly string _folder = Directory.CreateTempSubdirectory("cephrbd-headers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public unsafe void Prototypes_and_layouts_are_those_of_the_installed_headers()
    {
        Assert.True(
            File.Exists("/usr/include/rbd/librbd.h") && File.Exists("/usr/bin/gcc"), "needs gcc and Ceph's headers");
        string program = Path.Combine(_folder, "prototypes");
        string compiled = Run("/usr/bin/gcc", "-Wall", "-Wextra", "-Werror", "-o", program, _table, "-lrados", "-lrbd");
        Assert.Equal("", compiled);

        NativeImageInfo info = default;
        byte* start = (byte*)&info;
        string[] expected =
        [
            $"rbd_image_info_t {sizeof(NativeImageInfo)}",
            $"rbd_image_info_t.size {(byte*)&info.Size - start}",
            $"rbd_image_info_t.obj_size {(byte*)&info.ObjectSize - start}",
            $"rbd_image_info_t.num_objs {(byte*)&info.ObjectCount - start}",
            $"rbd_image_info_t.order {(byte*)&info.Order - start}",
            $"rbd_image_info_t.block_name_prefix {info.BlockNamePrefix - start}",
            $"rbd_image_info_t.parent_pool {(byte*)&info.ParentPool - start}",
            $"rbd_image_info_t.parent_name {info.ParentName - start}",
            $"timeval {sizeof(TimeValue)}",
            $"timeval.tv_usec {(int)Marshal.OffsetOf<TimeValue>(nameof(TimeValue.Microseconds))}",
            $"RBD_IMAGE_OPTION_FORMAT {RbdNative.OptionFormat}",
            $"RBD_IMAGE_OPTION_FEATURES {RbdNative.OptionFeatures}",
            $"RBD_IMAGE_OPTION_ORDER {RbdNative.OptionOrder}",
            $"RBD_IMAGE_OPTION_DATA_POOL {RbdNative.OptionDataPool}",
            $"RBD_FLAG_OBJECT_MAP_INVALID {RbdImage.ObjectMapInvalid}",
            $"RBD_FLAG_FAST_DIFF_INVALID {RbdImage.FastDiffInvalid}",
        ];
        Assert.Equal(expected, Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Every_declared_function_is_in_the_table_of_prototypes()
    {
        string[] bound = [.. EntryPoints(typeof(RadosNative)), .. EntryPoints(typeof(RbdNative)), .. RbdOptional.Symbols];
        Assert.NotEmpty(bound);

        string[] table = [.. Regex.Matches(File.ReadAllText(_table), @"^SAME\([^,]+, (\w+),", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value)];

        Assert.Equal(bound.Order(StringComparer.Ordinal), table.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_declared_function_is_looked_up_when_the_libraries_are_loaded()
    {
        Assert.Equal(EntryPoints(typeof(RadosNative)).Order(), RadosNative.RequiredSymbols.ToArray().Order());
        Assert.Equal(EntryPoints(typeof(RbdNative)).Order(), RbdNative.RequiredSymbols.ToArray().Order());
    }

    [Fact]
    public void Only_the_two_declaring_classes_import_from_ceph()
    {
        Type[] importing = [.. typeof(CephLibraries).Assembly.GetTypes()
            .Where(type => Methods(type).Any(method =>
                method.GetCustomAttribute<DllImportAttribute>()?.Value is "librados.so.2" or "librbd.so.1"))];

        Assert.All(importing, type => Assert.Contains(type, new[] { typeof(RadosNative), typeof(RbdNative) }));
    }

    // The source generator keeps the entry point on the method that it makes: the method itself where nothing
    // needs marshalling, else a local function in it.
    private static IEnumerable<string> EntryPoints(Type type) =>
        Methods(type)
            .Select(method => method.GetCustomAttribute<DllImportAttribute>()?.EntryPoint)
            .OfType<string>()
            .Distinct();

    private static MethodInfo[] Methods(Type type) => type.GetMethods(
        BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly);

    private static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} took more than 60 s");
        }

        return output.Result + errors.Result;
    }

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
