using System.Reflection;
using System.Runtime.InteropServices;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Native;

/// <summary>What this host has of Ceph's client libraries.</summary>
/// <param name="RadosVersion">librados's API version, such as "librados 3.0.0"; null if not loaded. It is not Ceph's release.</param>
/// <param name="RbdVersion">librbd's API version, such as "librbd 1.17.0"; null if not loaded.</param>
/// <param name="RadosPath">The file that librados was loaded from.</param>
/// <param name="RbdPath">The file that librbd was loaded from.</param>
/// <param name="Error">Why the libraries cannot be used; null if they can.</param>
public sealed record CephLibraryInfo(
    string? RadosVersion, string? RbdVersion, string? RadosPath, string? RbdPath, string? Error)
{
    /// <summary>The soname of the library that cannot be loaded, or is too old; null if both can be used.</summary>
    public string? Faulty { get; init; }

    /// <summary>The function that it lacks; null if it cannot be loaded at all.</summary>
    public string? MissingSymbol { get; init; }

    /// <summary>Whether librbd can list who has an image open (Mimic, 13.2).</summary>
    public bool ListsWatchers { get; init; }
}

/// <summary>
/// Loads librados and librbd once. Every symbol that Jewel (10.2.10) has is required and looked up
/// here, so that no later call can fail for want of one; newer ones are optional.
/// </summary>
public static class CephLibraries
{
    internal const string Rados = "librados.so.2";
    internal const string Rbd = "librbd.so.1";

    private static readonly Lock _gate = new();
    private static bool _loaded;
    private static bool _resolverSet;

    /// <summary>Loads the libraries if that has not been done yet, and says what was found. Takes about 10 ms the first time.</summary>
    /// <returns>Versions and paths, or the reason why there are none. Throws nothing for a missing library.</returns>
    public static CephLibraryInfo Probe()
    {
        string? error = null;
        string? faulty = null;
        string? symbol = null;
        try
        {
            EnsureLoaded();
        }
        catch (NativeLibraryException e)
        {
            (faulty, symbol) = (e.Library, e.Symbol);
            error = e.InnerException is null ? e.Message : $"{e.Message}: {Reason(e.InnerException.Message)}";
        }

        string maps = File.ReadAllText("/proc/self/maps");
        string? radosVersion = null;
        string? rbdVersion = null;
        if (error is null)
        {
            RadosNative.Version(out int major, out int minor, out int extra);
            radosVersion = $"librados {major}.{minor}.{extra}";
            RbdNative.Version(out major, out minor, out extra);
            rbdVersion = $"librbd {major}.{minor}.{extra}";
        }

        return new CephLibraryInfo(radosVersion, rbdVersion, FindMapped(maps, Rados), FindMapped(maps, Rbd), error)
        {
            Faulty = faulty,
            MissingSymbol = symbol,
            ListsWatchers = error is null && CanListWatchers,
        };
    }

    /// <summary>Whether librbd can tell who has an image open (Ceph 13.2); only after a <see cref="Probe"/> without an error.</summary>
    public static unsafe bool CanListWatchers => RbdOptional.WatchersList is not null;

    /// <summary>Loads both libraries by the system loader's own search and checks that they have what is needed.</summary>
    /// <exception cref="NativeLibraryException">A library or a symbol is missing.</exception>
    internal static void EnsureLoaded()
    {
        lock (_gate)
        {
            if (_loaded)
            {
                return;
            }

            // A failed try is repeated at the next call: the package may have been installed since.
            _ = Load(Rados, RadosNative.RequiredSymbols);
            nint rbd = Load(Rbd, RbdNative.RequiredSymbols);
            RbdOptional.Bind(rbd);
            if (!_resolverSet)
            {
                NativeLibrary.SetDllImportResolver(typeof(CephLibraries).Assembly, Resolve);
                _resolverSet = true;
            }

            _loaded = true;
        }
    }

    /// <summary>The runtime puts lines of general advice before the loader's own words.</summary>
    internal static string Reason(string message) =>
        message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";

    /// <summary>Finds the file behind a loaded library.</summary>
    /// <param name="maps">The text of /proc/self/maps.</param>
    /// <param name="soname">The library's soname; its file may bear more version numbers.</param>
    /// <returns>The path, or null.</returns>
    internal static string? FindMapped(string maps, string soname)
    {
        foreach (ReadOnlySpan<char> line in maps.AsSpan().EnumerateLines())
        {
            int start = line.IndexOf('/');
            if (start < 0)
            {
                continue;
            }

            ReadOnlySpan<char> path = line[start..];
            ReadOnlySpan<char> file = path[(path.LastIndexOf('/') + 1)..];
            if (file.StartsWith(soname, StringComparison.Ordinal)
                && (file.Length == soname.Length || file[soname.Length] is '.' or ' '))
            {
                return path.ToString();
            }
        }

        return null;
    }

    /// <summary>Loads one library and checks its symbols.</summary>
    /// <exception cref="NativeLibraryException">The library or a symbol is missing.</exception>
    internal static nint Load(string library, ReadOnlySpan<string> symbols)
    {
        string? symbol = null;
        try
        {
            // The one-argument form hands the name to dlopen as it is: no application folder, no other spellings.
            nint handle = NativeLibrary.Load(library);
            foreach (string required in symbols)
            {
                symbol = required;
                _ = NativeLibrary.GetExport(handle, required);
            }

            return handle;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(library, symbol, e);
        }
    }

    // Each answer has a reference of its own to what is loaded already: of threads that ask at the same time, the runtime
    // keeps the answer of one and takes the others' references back. Zero leaves the other libraries of this assembly to
    // the runtime's usual search.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name is Rados or Rbd ? NativeLibrary.Load(name) : 0;
}
