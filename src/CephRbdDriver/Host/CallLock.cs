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
        long offset = (long)(Fnv1a(canonical) >> 2);
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

    // 62 bits tell all dirs of a node apart. No cryptographic hash: it would load OpenSSL, which costs more than the
    // rest of the call and is not on every node.
    private static ulong Fnv1a(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ value) * 1099511628211);
        }

        return hash;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
