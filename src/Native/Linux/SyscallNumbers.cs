using System.Runtime.InteropServices;

namespace CephRbd.Native.Linux;

/// <summary>Numbers of the calls that an old glibc has no function for.</summary>
internal static class SyscallNumbers
{
    internal static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static nint StatAt => Pick(x64: 262, arm64: 79);

    internal static nint MemoryFile => Pick(x64: 319, arm64: 279);

    internal static nint AddKey => Pick(x64: 248, arm64: 217);

    internal static nint MakeNodeAt => Pick(x64: 259, arm64: 33);

    internal static nint DirectoryEntries => Pick(x64: 217, arm64: 61);

    private static nint Pick(nint x64, nint arm64) => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => x64,
        Architecture.Arm64 => arm64,
        var other => throw new PlatformNotSupportedException($"No system call numbers for {other}"),
    };
}
