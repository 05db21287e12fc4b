using System.Runtime.InteropServices;
using CephRbd.Native.Linux;

namespace CephRbd.Native.Guard;

/// <summary>
/// Sees to it that one reply is written, and one only, even if the process crashes or a native library ends it.
/// guard.c is linked into the published program. Under the JIT it is not there: then a crash is just a crash,
/// and <see cref="TryClaim"/> works by a flag of this class.
/// </summary>
public static partial class CrashGuard
{
    private const string Library = "cephrbd_guard";

    /// <summary>The longest reply that can be armed, in bytes.</summary>
    public const int MaxReply = 16384;

    private static int _claimed;

    /// <summary>Whether the guard is part of this program.</summary>
    public static bool IsLinked { get; } = Probe();

    /// <summary>
    /// From now on a fatal signal, abort(), exit() or an exception nobody catches writes <paramref name="reply"/>
    /// and ends the process. May be called again with a better reply.
    /// </summary>
    /// <param name="fd">Where the reply goes: a duplicate of standard output that nothing else writes to.</param>
    /// <param name="reply">The whole reply, newline included; at most <see cref="MaxReply"/> bytes, copied.</param>
    /// <param name="exitStatus">The process's exit status then; kubelet reads the reply only with 0.</param>
    /// <exception cref="ArgumentException">The reply is too long; what was armed before stays.</exception>
    public static unsafe void Arm(int fd, ReadOnlySpan<byte> reply, int exitStatus = 0)
    {
        if (reply.Length > MaxReply)
        {
            throw new ArgumentException($"a reply of at most {MaxReply} bytes is needed", nameof(reply));
        }

        if (IsLinked)
        {
            fixed (byte* text = reply)
            {
                if (NativeArm(fd, exitStatus, text, (nuint)reply.Length) != 0)
                {
                    throw new ArgumentException("the guard refused the reply", nameof(reply));
                }
            }
        }
    }

    /// <summary>Back to the state at start: nothing armed, nothing claimed. Not after a reply: a crash at the very end would spoil it.</summary>
    public static void Disarm()
    {
        Volatile.Write(ref _claimed, 0);
        if (IsLinked)
        {
            NativeDisarm();
        }
    }

    /// <summary>Whoever gets true here may write the one reply; all others, the guard's handlers among them, must not.</summary>
    public static bool TryClaim()
        => IsLinked ? NativeClaim() != 0 : Interlocked.Exchange(ref _claimed, 1) == 0;

    /// <summary>Tells the guard that the claimed reply is out, so that a crash from now on need not wait for it.</summary>
    public static void Written()
    {
        if (IsLinked)
        {
            NativeWritten();
        }
    }

    /// <summary>
    /// Lets the guard answer even when the calling thread overflows its stack; the main thread is covered from the
    /// start. Costs 64 KiB that are not freed: for the few threads that live as long as the process.
    /// </summary>
    /// <exception cref="LinuxException">No memory for the handlers' stack.</exception>
    public static void CoverThread()
    {
        if (IsLinked && NativeCoverThread() != 0)
        {
            throw new LinuxException("sigaltstack", Errno.NoMemory);
        }
    }

    private static bool Probe()
    {
        try
        {
            return NativeCoverThread() == 0;
        }
        catch (DllNotFoundException)
        {
            // Run by the JIT: the guard exists in the published program only.
            return false;
        }
    }

    /// <summary><c>int cephrbd_guard_cover_thread(void)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_guard_cover_thread")]
    private static partial int NativeCoverThread();

    /// <summary><c>int cephrbd_guard_arm(int fd, int status, const char *reply, size_t length)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_guard_arm")]
    private static unsafe partial int NativeArm(int fd, int status, byte* reply, nuint length);

    /// <summary><c>void cephrbd_guard_disarm(void)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_guard_disarm")]
    private static partial void NativeDisarm();

    /// <summary><c>int cephrbd_guard_claim(void)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_guard_claim")]
    private static partial int NativeClaim();

    /// <summary><c>void cephrbd_guard_written(void)</c></summary>
    [LibraryImport(Library, EntryPoint = "cephrbd_guard_written")]
    private static partial void NativeWritten();
}
