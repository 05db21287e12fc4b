namespace CephRbd.Native;

/// <summary>A call of Ceph's C API failed. Compare by <see cref="Errno"/>; the text is for people.</summary>
public sealed class CephException : Exception
{
    /// <summary>Makes the exception for a failed call.</summary>
    /// <param name="call">The C function, such as "rbd_open".</param>
    /// <param name="result">What it returned: -errno, or the errno itself.</param>
    public CephException(string call, int result)
        : this(call, result, null)
    {
    }

    /// <summary>Makes the exception for a failed call on a named thing.</summary>
    /// <param name="call">The C function, such as "rbd_open".</param>
    /// <param name="result">What it returned: -errno, or the errno itself.</param>
    /// <param name="subject">The pool, image, object or option it was about. Never a value that may be secret.</param>
    public CephException(string call, int result, string? subject)
        : base(Compose(call, Positive(result), subject))
    {
        Call = call;
        Errno = Positive(result);
        Subject = subject;
    }

    /// <summary>The C function that failed.</summary>
    public string Call { get; }

    /// <summary>The positive error number; see <see cref="Native.Errno"/>.</summary>
    public int Errno { get; }

    /// <summary>The pool, image, object or option the call was about, where there is one.</summary>
    public string? Subject { get; }

    // int.MinValue has no positive counterpart; no error number comes near it.
    private static int Positive(int result) => result == int.MinValue ? int.MaxValue : Math.Abs(result);

    private static string Compose(string call, int errno, string? subject)
    {
        string what = subject is null ? call : $"{call} {subject}";
        return $"{what}: {Native.Errno.Explain(errno)}";
    }
}
