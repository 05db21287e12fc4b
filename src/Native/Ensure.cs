namespace CephRbd.Native;

/// <summary>One check per return convention of Ceph's C API.</summary>
internal static class Ensure
{
    /// <summary>For calls that return 0 or -errno.</summary>
    /// <exception cref="CephException">The result is negative.</exception>
    internal static void ZeroResult(int result, string call, string? subject = null)
    {
        if (result < 0)
        {
            throw new CephException(call, result, subject);
        }
    }

    /// <summary>For calls that return a count or -errno.</summary>
    /// <exception cref="CephException">The result is negative.</exception>
    internal static int Count(nint result, string call, string? subject = null)
    {
        ZeroResult((int)Math.Min(result, 0), call, subject);
        return checked((int)result);
    }

    /// <summary>For calls that return 0 or -errno, where -2 (absent) is an answer and not an error.</summary>
    /// <returns>False when absent.</returns>
    /// <exception cref="CephException">The result is negative and not -2.</exception>
    internal static bool ZeroOrAbsent(int result, string call, string? subject = null)
    {
        if (result == -Errno.NoEntry)
        {
            return false;
        }

        ZeroResult(result, call, subject);
        return true;
    }
}
