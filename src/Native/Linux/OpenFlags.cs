namespace CephRbd.Native.Linux;

/// <summary>Flags of open(2). Three of them have other values on arm64 than on x64.</summary>
internal static class OpenFlags
{
    internal const int ReadOnly = 0;
    internal const int WriteOnly = 1;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int Exclusive = 0x80;
    internal const int Append = 0x400;
    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;
    internal const int PathOnly = 0x200000;

    internal static int Directory => SyscallNumbers.IsArm64 ? 0x4000 : 0x10000;

    internal static int NoFollow => SyscallNumbers.IsArm64 ? 0x8000 : 0x20000;

    internal static int Unnamed => 0x400000 | Directory;
}
