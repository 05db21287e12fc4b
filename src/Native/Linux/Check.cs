using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <summary>One helper per return convention of libc.</summary>
internal static class Check
{
    /// <summary>For calls that return 0, or -1 with errno set.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    internal static void Zero(int result, string call, string? path = null)
    {
        if (result != 0)
        {
            throw new LinuxException(call, Marshal.GetLastPInvokeError(), path);
        }
    }

    /// <summary>For calls that return a descriptor or a count, or -1 with errno set.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    internal static int NotNegative(int result, string call, string? path = null)
        => result >= 0 ? result : throw new LinuxException(call, Marshal.GetLastPInvokeError(), path);
}
