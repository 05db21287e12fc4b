namespace CephRbd.Native.Rados;

/// <summary>Who holds a lock on an object.</summary>
/// <param name="Client">Such as "client.4123".</param>
/// <param name="Cookie">What the holder chose to tell its locks apart.</param>
/// <param name="Address">Such as "172.16.4.101:0/3213454321".</param>
public sealed record RadosLocker(string Client, string Cookie, string Address);

/// <summary>
/// One pool of a cluster, and a namespace in it. Every call is bound by rados_osd_op_timeout.
/// Errors are <see cref="CephException"/>s.
/// </summary>
public sealed class RadosIoContext : IDisposable
{
    private readonly RadosIoContextHandle _handle;
    private bool _disposed;

    private RadosIoContext(RadosIoContextHandle handle) => _handle = handle;

    internal delegate int Opener(RadosClusterHandle cluster, out nint context);

    // While an image holds on to the handle, the handle itself would still take calls after Dispose.
    internal RadosIoContextHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _handle;
        }
    }

    /// <summary>The pool's name (rados_ioctx_get_pool_name).</summary>
    public unsafe string PoolName => GrowingBuffer.Fill(
        "rados_ioctx_get_pool_name",
        null,
        128,
        (Span<byte> buffer, ref nuint _) =>
        {
            fixed (byte* start = buffer)
            {
                return RadosNative.GetPoolName(Handle, start, (uint)buffer.Length);
            }
        },
        static (buffer, _) => NativeText.UpToNul(buffer))!;

    /// <summary>The pool's id (rados_ioctx_get_id).</summary>
    public long PoolId => RadosNative.GetPoolId(Handle);

    /// <summary>All later calls act in this namespace; empty is the default one (rados_ioctx_set_namespace).</summary>
    public void SetNamespace(string name) =>
        RadosNative.SetNamespace(Handle, NativeText.Checked(name, nameof(name)));

    /// <summary>Locks an object, making it if need be (rados_lock_exclusive).</summary>
    /// <param name="obj">The object.</param>
    /// <param name="lockName">An object can have many locks, told apart by name.</param>
    /// <param name="cookie">Tells this holder from others of the same connection.</param>
    /// <param name="description">For people who list the locks.</param>
    /// <param name="duration">When the lock expires by itself, from now; <see cref="TimeSpan.Zero"/> for never.</param>
    /// <returns>
    /// True if the lock is held, also when this connection held it before with the same cookie (its expiry
    /// then stays as it was); false if another holds it.
    /// </returns>
    public unsafe bool LockExclusive(string obj, string lockName, string cookie, string description, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        TimeValue time = TimeOf(duration);
        int result = RadosNative.LockExclusive(
            Handle,
            NativeText.Checked(obj, nameof(obj)),
            NativeText.Checked(lockName, nameof(lockName)),
            NativeText.Checked(cookie, nameof(cookie)),
            NativeText.Checked(description, nameof(description)),
            duration == TimeSpan.Zero ? null : &time,
            0);
        return IsHeld(result, "rados_lock_exclusive", obj);
    }

    /// <summary>
    /// Locks an object together with whoever holds it by the same tag, making it if need be (rados_lock_shared, Ceph
    /// 0.67). Each holder's time ends by itself, the lock is free when the last one's has.
    /// </summary>
    /// <param name="obj">The object.</param>
    /// <param name="lockName">An object can have many locks, told apart by name.</param>
    /// <param name="cookie">Tells this holder from others of the same connection.</param>
    /// <param name="tag">Whoever comes with another tag is kept out.</param>
    /// <param name="description">For people who list the locks.</param>
    /// <param name="duration">When this holder's part expires by itself, from now; <see cref="TimeSpan.Zero"/> for never.</param>
    /// <returns>
    /// True if the lock is held, also when this connection held it before with the same cookie (its expiry
    /// then stays as it was); false if it is held by another tag, or exclusively.
    /// </returns>
    public unsafe bool LockShared(string obj, string lockName, string cookie, string tag, string description, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        TimeValue time = TimeOf(duration);
        int result = RadosNative.LockShared(
            Handle,
            NativeText.Checked(obj, nameof(obj)),
            NativeText.Checked(lockName, nameof(lockName)),
            NativeText.Checked(cookie, nameof(cookie)),
            NativeText.Checked(tag, nameof(tag)),
            NativeText.Checked(description, nameof(description)),
            duration == TimeSpan.Zero ? null : &time,
            0);
        return IsHeld(result, "rados_lock_shared", obj);
    }

    /// <summary>Gives a lock of this connection back (rados_unlock). One that has expired or was broken is fine.</summary>
    public void Unlock(string obj, string lockName, string cookie) => _ = Ensure.ZeroOrAbsent(
        RadosNative.Unlock(
            Handle,
            NativeText.Checked(obj, nameof(obj)),
            NativeText.Checked(lockName, nameof(lockName)),
            NativeText.Checked(cookie, nameof(cookie))),
        "rados_unlock",
        obj);

    /// <summary>Who holds the lock now (rados_list_lockers); expired locks are not listed.</summary>
    /// <returns>Empty if nobody does, or there is no such object.</returns>
    public IReadOnlyList<RadosLocker> ListLockers(string obj, string lockName) => ListLockers(obj, lockName, out _);

    /// <summary>As <see cref="ListLockers(string, string)"/>, with what a shared lock's holders have in common.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="lockName">The lock.</param>
    /// <param name="tag">The tag of <see cref="LockShared"/>; empty for an exclusive lock, or none.</param>
    public unsafe IReadOnlyList<RadosLocker> ListLockers(string obj, string lockName, out string tag)
    {
        string common = "";
        _ = NativeText.Checked(obj, nameof(obj));
        _ = NativeText.Checked(lockName, nameof(lockName));
        IReadOnlyList<RadosLocker> lockers = LockerList.Fetch(
            "rados_list_lockers",
            obj,
            (exclusive, tagBuffer, clients, cookies, addresses, lengths) =>
            {
                nint count = RadosNative.ListLockers(
                    Handle, obj, lockName, exclusive, tagBuffer, &lengths[0], clients, &lengths[1], cookies, &lengths[2],
                    addresses, &lengths[3]);
                common = count > 0 ? NativeText.UpToNul(new ReadOnlySpan<byte>(tagBuffer, (int)lengths[0])) : "";
                return count;
            });
        tag = common;
        return lockers;
    }

    /// <summary>Takes a lock from its holder (rados_break_lock). This alone does not stop the holder from writing.</summary>
    /// <returns>False if that client does not hold it with that cookie.</returns>
    public bool BreakLock(string obj, string lockName, string client, string cookie) => Ensure.ZeroOrAbsent(
        RadosNative.BreakLock(
            Handle,
            NativeText.Checked(obj, nameof(obj)),
            NativeText.Checked(lockName, nameof(lockName)),
            NativeText.Checked(client, nameof(client)),
            NativeText.Checked(cookie, nameof(cookie))),
        "rados_break_lock",
        obj);

    /// <summary>Removes an object (rados_remove).</summary>
    /// <returns>False if there was none.</returns>
    public bool Remove(string obj) => Ensure.ZeroOrAbsent(
        RadosNative.Remove(Handle, NativeText.Checked(obj, nameof(obj))), "rados_remove", obj);

    /// <summary>Makes or replaces an object's whole contents at once (rados_write_full).</summary>
    public unsafe void WriteFull(string obj, ReadOnlySpan<byte> content)
    {
        _ = NativeText.Checked(obj, nameof(obj));
        fixed (byte* start = content)
        {
            Ensure.ZeroResult(
                RadosNative.WriteFull(Handle, obj, start, (nuint)content.Length), "rados_write_full", obj);
        }
    }

    /// <summary>Reads an object from its start (rados_read).</summary>
    /// <param name="obj">The object.</param>
    /// <param name="max">The most bytes to read; what is beyond is left out.</param>
    /// <returns>Null if there is no such object.</returns>
    public unsafe byte[]? Read(string obj, int max)
    {
        _ = NativeText.Checked(obj, nameof(obj));
        byte[] buffer = new byte[max];
        fixed (byte* start = buffer)
        {
            int result = RadosNative.Read(Handle, obj, start, (nuint)max, 0);
            return result == -Errno.NoEntry ? null : buffer[..Ensure.Count(result, "rados_read", obj)];
        }
    }

    /// <summary>Closes the context, once the images opened by it are closed too (rados_ioctx_destroy).</summary>
    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
    }

    private static TimeValue TimeOf(TimeSpan duration) => new()
    {
        Seconds = duration.Ticks / TimeSpan.TicksPerSecond,
        Microseconds = duration.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond,
    };

    private static bool IsHeld(int result, string call, string obj)
    {
        if (result == -Errno.Busy)
        {
            return false;
        }

        if (result != -Errno.Exists)
        {
            Ensure.ZeroResult(result, call, obj);
        }

        return true;
    }

    internal static RadosIoContext Open(RadosClusterHandle cluster, string call, string subject, Opener opener)
    {
        RadosIoContextHandle handle = new(cluster);
        try
        {
            Ensure.ZeroResult(opener(cluster, out nint context), call, subject);
            handle.Adopt(context);
            return new RadosIoContext(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
