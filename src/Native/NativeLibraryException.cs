namespace CephRbd.Native;

/// <summary>A native library, or a symbol this driver needs from it, is missing or unusable on this host.</summary>
public sealed class NativeLibraryException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="library">The library's soname, such as "librbd.so.1".</param>
    /// <param name="symbol">The missing symbol, or null if the library itself could not be loaded.</param>
    /// <param name="inner">What the loader said.</param>
    public NativeLibraryException(string library, string? symbol, Exception inner)
        : base(symbol is null ? $"cannot load {library}" : $"{library} lacks {symbol}", inner)
    {
        Library = library;
        Symbol = symbol;
    }

    /// <summary>The library's soname.</summary>
    public string Library { get; }

    /// <summary>The missing symbol, or null if the library itself could not be loaded.</summary>
    public string? Symbol { get; }
}
