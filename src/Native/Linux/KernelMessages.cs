using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CephRbd.Native.Linux;

/// <summary>The kernel's log, /dev/kmsg, as far as it still holds its records.</summary>
public static partial class KernelMessages
{
    private const string Log = "/dev/kmsg";
    private const int NonBlocking = 0x800;
    private const int MaxRecord = 8192;

    /// <summary>All records, the oldest first: <c>6,339,5140900,-;text</c> and perhaps further lines.</summary>
    /// <exception cref="LinuxException">The log can't be opened or read.</exception>
    public static unsafe IReadOnlyList<string> Read()
    {
        // Non-blocking, else the last read would wait for the kernel's next record.
        using SafeFileHandle log = Files.Open(Log, OpenFlags.ReadOnly | OpenFlags.CloseOnExec | NonBlocking, 0);
        var records = new List<string>();
        byte* buffer = stackalloc byte[MaxRecord];
        while (true)
        {
            nint length = ReadRecord((int)log.DangerousGetHandle(), buffer, MaxRecord);
            if (length > 0)
            {
                records.Add(Encoding.UTF8.GetString(buffer, (int)length));
                continue;
            }

            switch (length == 0 ? Errno.TryAgain : Marshal.GetLastPInvokeError())
            {
                case Errno.TryAgain:
                    return records;
                case Errno.BrokenPipe or Errno.Interrupted:
                    // EPIPE: records were overwritten before they were read; the next read goes on behind them.
                    break;
                case var errno:
                    throw new LinuxException("read", errno, Log);
            }
        }
    }

    /// <summary><c>ssize_t read(int fd, void *buf, size_t count)</c></summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint ReadRecord(int fd, byte* buffer, nuint count);
}
