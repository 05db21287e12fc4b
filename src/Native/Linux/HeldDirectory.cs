using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Native.Linux;

/// <summary>
/// A directory that is held by a descriptor: whatever its path leads to meanwhile, <see cref="Way"/> leads to it. As
/// long as it is held, what is mounted there can only be unmounted lazily.
/// </summary>
public sealed class HeldDirectory : IDisposable
{
    private readonly SafeFileHandle _handle;

    private HeldDirectory(SafeFileHandle handle) => _handle = handle;

    /// <summary>A path into the directory itself, past names and past what is mounted on it later. For this process alone.</summary>
    public string Way => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)_handle.DangerousGetHandle()}");

    /// <summary>Holds what is there now; a symbolic link at the end of the path is not followed.</summary>
    /// <exception cref="LinuxException">It can't be opened: ENOTDIR or ELOOP when it is no directory.</exception>
    public static HeldDirectory Open(string path) =>
        new(Files.Open(path, OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.PathOnly | OpenFlags.CloseOnExec, 0));

    /// <summary>Its path now, without symbolic links, "." and "..": the one that mountinfo shows.</summary>
    /// <exception cref="IOException">The kernel does not tell.</exception>
    public string Place() => File.ResolveLinkTarget(Way, returnFinalTarget: false)?.FullName ?? throw new IOException($"{Way} is not a link");

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
