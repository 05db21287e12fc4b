namespace CephRbd.Native;

/// <summary>A native library, or a function that the driver cannot do without, is not on this machine.</summary>
public sealed class NativeLibraryException : Exception
{
    /// <summary>Names the library, and the missing function if the library itself was found.</summary>
    public NativeLibraryException(string library, string? symbol, Exception inner)
        : base(symbol is null ? $"{library} cannot be loaded: {Reason(inner)}" : $"{library} has no {symbol}", inner)
    {
        Library = library;
        Symbol = symbol;
    }

    // .NET's own advice comes first, on lines of its own; the loader's words are the last.
    private static string Reason(Exception inner) => inner.Message.TrimEnd().Split('\n')[^1].Trim();

    /// <summary>The soname that was asked for.</summary>
    public string Library { get; }

    /// <summary>The function that was not found, or null if the library was not.</summary>
    public string? Symbol { get; }
}
