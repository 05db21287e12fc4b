namespace CephRbd.Native.Linux;

/// <summary>A system call failed. The message names the call, the path if there is one, and the error.</summary>
public sealed class LinuxException : Exception
{
    /// <summary>Makes the exception for a failed call.</summary>
    /// <param name="call">The system call's name.</param>
    /// <param name="errno">The positive errno it left.</param>
    /// <param name="path">The path the call was about; never anything secret.</param>
    public LinuxException(string call, int errno, string? path = null)
        : base(path is null
            ? $"{call}: {Native.Errno.Explain(errno)}"
            : $"{call} {path}: {Native.Errno.Explain(errno)}")
    {
        Call = call;
        Errno = errno;
        Path = path;
    }

    /// <summary>The system call's name.</summary>
    public string Call { get; }

    /// <summary>The positive errno; compare with the constants of <see cref="Native.Errno"/>.</summary>
    public int Errno { get; }

    /// <summary>The path the call was about, if any.</summary>
    public string? Path { get; }
}
