using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Host;

/// <summary>
/// One call at a time for one mount dir on this node. kubelet calls in turn, but one that was killed and started
/// again repeats a call while the first still runs. All dirs share one lock file, each has a byte of its own in it:
/// nothing piles up as pods come and go.
/// </summary>
internal sealed class CallLock : IDisposable
{
    private readonly RangeLock _lock;

    private CallLock(RangeLock rangeLock) => _lock = rangeLock;

    /// <summary>Waits for the lock within the deadline.</summary>
    /// <exception cref="DeadlineException">The other call did not end in time.</exception>
    /// <exception cref="VolumeException">The lock file cannot be made.</exception>
    public static CallLock Take(string runDir, string mountDir, Deadline deadline)
    {
        string canonical = Path.TrimEndingDirectorySeparator(Path.GetFullPath(mountDir));
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(canonical));
        long offset = BinaryPrimitives.ReadInt64LittleEndian(hash) & (long.MaxValue >> 1);
        try
        {
            Directory.CreateDirectory(runDir, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            for (; ; )
            {
                if (RangeLock.TryTake(Path.Combine(runDir, "calls.lock"), offset) is { } taken)
                {
                    return new CallLock(taken);
                }

                if (deadline.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(20)) || deadline.Remaining == TimeSpan.Zero)
                {
                    deadline.Check();
                }
            }
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw new VolumeException($"cannot lock {mountDir} against a second call: {e.Message}. Check runDir in the config", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
