namespace CephRbd.Native.Blkid;

/// <summary>libblkid failed: it could not read, or ran out of memory. Says nothing about what the image holds.</summary>
public sealed class BlkidException : Exception
{
    /// <summary>Makes the exception for a failed call.</summary>
    /// <param name="call">The function's name.</param>
    /// <param name="errno">The errno it left, or 0.</param>
    public BlkidException(string call, int errno)
        : base(errno == 0 ? $"{call} failed" : $"{call}: {Native.Errno.Explain(errno)}")
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>The function's name.</summary>
    public string Call { get; }

    /// <summary>The errno it left, or 0.</summary>
    public int Errno { get; }
}
