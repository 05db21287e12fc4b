using System.Runtime.InteropServices;

namespace CephRbd.Native.Rbd;

/// <summary>A client that has the image open for writing (or open at all, through the kernel).</summary>
/// <param name="Address">Its address as the OSD sees it: <c>172.16.4.103:0/2718281828</c>.</param>
/// <param name="ClientId">The client's number, what <see cref="Rados.RadosCluster.InstanceId"/> says of ourselves.</param>
/// <param name="Cookie">The watch's number within the client.</param>
public sealed record RbdWatcher(string Address, long ClientId, ulong Cookie);

/// <summary>Who else has the image open.</summary>
public sealed partial class RbdImage
{
    /// <summary>
    /// The image's watchers, our own among them. A client that died stays in the list for up to 30 s.
    /// <c>rbd_watchers_list</c>, from Mimic (13.2) on.
    /// </summary>
    /// <returns>Null where the loaded librbd cannot tell.</returns>
    /// <exception cref="CephException">The cluster failed.</exception>
    public unsafe IReadOnlyList<RbdWatcher>? ListWatchers()
    {
        if (RbdOptional.WatchersList is null || RbdOptional.WatchersListCleanup is null)
        {
            return null;
        }

        for (nuint capacity = 8; ;)
        {
            var buffer = new RbdWatcherNative[capacity];
            fixed (RbdWatcherNative* watchers = buffer)
            {
                nuint count = capacity;
                int result;
                bool held = false;
                try
                {
                    Handle.DangerousAddRef(ref held);
                    result = RbdOptional.WatchersList(_handle.DangerousGetHandle(), watchers, &count);
                }
                finally
                {
                    if (held)
                    {
                        _handle.DangerousRelease();
                    }
                }

                if (result == -Errno.Range && count > capacity)
                {
                    capacity = count;
                    continue;
                }

                Ensure.ZeroResult(result, "rbd_watchers_list", Name);
                try
                {
                    var list = new List<RbdWatcher>((int)count);
                    for (nuint i = 0; i < count; i++)
                    {
                        list.Add(new RbdWatcher(Marshal.PtrToStringUTF8(watchers[i].Address) ?? "", watchers[i].Id, watchers[i].Cookie));
                    }

                    return list;
                }
                finally
                {
                    RbdOptional.WatchersListCleanup(watchers, count);
                }
            }
        }
    }
}

/// <summary><c>rbd_image_watcher_t</c>: <c>char *addr; int64_t id; uint64_t cookie;</c></summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RbdWatcherNative
{
    public nint Address;
    public long Id;
    public ulong Cookie;
}
