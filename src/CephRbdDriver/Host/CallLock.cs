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
        try
        {
            for (; ; )
            {
                if (TryTake(runDir, mountDir) is { } taken)
                {
                    return taken;
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

    /// <summary>Takes the lock if nobody has it.</summary>
    /// <param name="runDir">Where the lock file is.</param>
    /// <param name="mountDir">The mount dir, or whatever else with the form of a path is locked.</param>
    /// <returns>Null when somebody has it.</returns>
    /// <exception cref="LinuxException">The lock file cannot be made.</exception>
    /// <exception cref="IOException">Its folder cannot be made.</exception>
    public static CallLock? TryTake(string runDir, string mountDir)
    {
        // 62 bits tell all dirs of a node apart.
        long offset = (long)(Fnv.Hash(Path.TrimEndingDirectorySeparator(Path.GetFullPath(mountDir))) >> 2);
        PrivateFolder.Make(runDir);
        return RangeLock.TryTake(Path.Combine(runDir, "calls.lock"), offset) is { } taken ? new CallLock(taken) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
