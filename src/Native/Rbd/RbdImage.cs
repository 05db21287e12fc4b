using CephRbd.Native.Rados;

namespace CephRbd.Native.Rbd;

/// <summary>An image's measures.</summary>
/// <param name="SizeBytes">The size in bytes.</param>
/// <param name="ObjectSizeBytes">The size of one data object in bytes.</param>
/// <param name="ObjectCount">How many data objects the image can have.</param>
/// <param name="Order">The binary logarithm of the object size.</param>
/// <param name="DataPrefix">What the data objects' names begin with, such as "rbd_data.5e3b6b8b4567".</param>
public sealed record RbdImageInfo(
    ulong SizeBytes, ulong ObjectSizeBytes, ulong ObjectCount, int Order, string DataPrefix);

/// <summary>Who holds an advisory lock on an image, or its exclusive lock.</summary>
/// <param name="Client">Such as "client.4123".</param>
/// <param name="Cookie">"auto …" for the exclusive-lock feature's own.</param>
/// <param name="Address">Such as "172.16.4.101:0/3213454321".</param>
public sealed record RbdLockOwner(string Client, string Cookie, string Address);

/// <summary>
/// An open image. An open for writing leaves a watcher on the image until it is closed; a process
/// that dies leaves it for 30 s more. Each call's waits are bound by rados_osd_op_timeout only.
/// Errors are <see cref="CephException"/>s; ESHUTDOWN means that the cluster has blocklisted this client.
/// </summary>
public sealed partial class RbdImage : IDisposable
{
    /// <summary>A bit of <see cref="Flags"/>: the object map is not to be trusted.</summary>
    public const ulong ObjectMapInvalid = 1;

    /// <summary>A bit of <see cref="Flags"/>: fast-diff's index is not to be trusted.</summary>
    public const ulong FastDiffInvalid = 2;

    private readonly RbdImageHandle _handle;
    private bool _disposed;

    private RbdImage(RbdImageHandle handle, string name, bool readOnly)
    {
        _handle = handle;
        Name = name;
        IsReadOnly = readOnly;
    }

    // While a batch holds on to the handle, the handle itself would still take calls after Dispose.
    internal RbdImageHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _handle;
        }
    }

    /// <summary>The name it was opened by.</summary>
    public string Name { get; }

    /// <summary>Whether it was opened read-only: no watcher, and every change fails with EROFS.</summary>
    public bool IsReadOnly { get; }

    /// <summary>What rbd_close returned (0 or -errno); null while the image is open.</summary>
    public int? LastCloseResult => _handle.CloseResult;

    /// <summary>The bits of its features (rbd_get_features); see <see cref="RbdFeatures"/>.</summary>
    public ulong Features
    {
        get
        {
            Ensure.ZeroResult(RbdNative.GetFeatures(Handle, out ulong features), "rbd_get_features", Name);
            return features;
        }
    }

    /// <summary>The bits of its flags (rbd_get_flags, Ceph 0.93).</summary>
    public ulong Flags
    {
        get
        {
            Ensure.ZeroResult(RbdNative.GetFlags(Handle, out ulong flags), "rbd_get_flags", Name);
            return flags;
        }
    }

    /// <summary>Bytes in a row on one object; the object size where the image is not striped (rbd_get_stripe_unit).</summary>
    public ulong StripeUnit
    {
        get
        {
            Ensure.ZeroResult(RbdNative.GetStripeUnit(Handle, out ulong unit), "rbd_get_stripe_unit", Name);
            return unit;
        }
    }

    /// <summary>Objects that a stripe goes over; 1 where the image is not striped (rbd_get_stripe_count).</summary>
    public ulong StripeCount
    {
        get
        {
            Ensure.ZeroResult(RbdNative.GetStripeCount(Handle, out ulong count), "rbd_get_stripe_count", Name);
            return count;
        }
    }

    /// <summary>The id behind the name; it stays when the image is renamed (rbd_get_id, or the end of the data objects' prefix).</summary>
    public unsafe string Id
    {
        get
        {
            if (RbdOptional.GetId is not null)
            {
                return GetText("rbd_get_id", RbdOptional.GetId);
            }

            string prefix = Stat().DataPrefix;
            return prefix[(prefix.LastIndexOf('.') + 1)..];
        }
    }

    /// <summary>Opens an image (rbd_open, rbd_open_read_only).</summary>
    /// <exception cref="CephException">ENOENT: no such image; EPERM: the key may not read or watch it.</exception>
    public static RbdImage Open(RadosIoContext context, string name, bool readOnly)
    {
        ArgumentNullException.ThrowIfNull(context);
        _ = NativeText.Checked(name, nameof(name));
        RbdImageHandle handle = new(context.Handle);
        try
        {
            nint image;
            if (readOnly)
            {
                Ensure.ZeroResult(
                    RbdNative.OpenReadOnly(context.Handle, name, out image, null), "rbd_open_read_only", name);
            }
            else
            {
                Ensure.ZeroResult(RbdNative.Open(context.Handle, name, out image, null), "rbd_open", name);
            }

            handle.Adopt(image);
            return new RbdImage(handle, name, readOnly);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The image's measures, as of the last notice that they changed (rbd_stat).</summary>
    public unsafe RbdImageInfo Stat()
    {
        NativeImageInfo info = default;
        Ensure.ZeroResult(RbdNative.Stat(Handle, &info, (nuint)sizeof(NativeImageInfo)), "rbd_stat", Name);

        // rbd_stat cuts the prefix at 24 bytes, which one that names a data pool can exceed.
        string prefix = RbdOptional.GetBlockNamePrefix is null
            ? NativeText.UpToNul(new ReadOnlySpan<byte>(info.BlockNamePrefix, 24))
            : GetText("rbd_get_block_name_prefix", RbdOptional.GetBlockNamePrefix);
        return new RbdImageInfo(info.Size, info.ObjectSize, info.ObjectCount, info.Order, prefix);
    }

    /// <summary>Makes the image larger or, losing what was beyond, smaller (rbd_resize).</summary>
    /// <param name="size">The new size in bytes.</param>
    public void Resize(ulong size) => Ensure.ZeroResult(RbdNative.Resize(Handle, size), "rbd_resize", Name);

    /// <summary>An image's metadata of that key (rbd_metadata_get).</summary>
    /// <returns>Null if there is none.</returns>
    public unsafe string? GetMetadata(string key)
    {
        _ = NativeText.Checked(key, nameof(key));
        return GrowingBuffer.Fill(
            "rbd_metadata_get",
            key,
            256,
            (Span<byte> buffer, ref nuint needed) =>
            {
                needed = (nuint)buffer.Length;
                fixed (byte* start = buffer)
                {
                    return RbdNative.GetMetadata(Handle, key, start, ref needed);
                }
            },
            static (buffer, _) => NativeText.UpToNul(buffer),
            absentIsDefault: true);
    }

    /// <summary>Sets metadata, replacing what was there (rbd_metadata_set). Anyone who may read the image can read it.</summary>
    public void SetMetadata(string key, string value) => Ensure.ZeroResult(
        RbdNative.SetMetadata(
            Handle, NativeText.Checked(key, nameof(key)), NativeText.Checked(value, nameof(value))),
        "rbd_metadata_set",
        key);

    /// <summary>Removes metadata (rbd_metadata_remove); that there is none is fine.</summary>
    public void RemoveMetadata(string key) => _ = Ensure.ZeroOrAbsent(
        RbdNative.RemoveMetadata(Handle, NativeText.Checked(key, nameof(key))), "rbd_metadata_remove", key);

    /// <summary>Who holds a lock on the image (rbd_list_lockers).</summary>
    public unsafe IReadOnlyList<RbdLockOwner> ListLockers() =>
    [
        .. LockerList.Fetch(
            "rbd_list_lockers",
            Name,
            (exclusive, tag, clients, cookies, addresses, lengths) => RbdNative.ListLockers(
                Handle, exclusive, tag, &lengths[0], clients, &lengths[1], cookies, &lengths[2], addresses, &lengths[3]))
            .Select(locker => new RbdLockOwner(locker.Client, locker.Cookie, locker.Address)),
    ];

    /// <summary>Closes the image, writing back what is cached (rbd_close). Throws nothing; see <see cref="LastCloseResult"/>.</summary>
    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
    }

    private unsafe string GetText(string name, delegate* unmanaged<nint, byte*, nuint, int> function)
    {
        // Lambdas cannot capture function pointers.
        nint address = (nint)function;
        bool held = false;
        try
        {
            Handle.DangerousAddRef(ref held);
            nint image = _handle.DangerousGetHandle();
            return GrowingBuffer.Fill(
                name,
                Name,
                128,
                (Span<byte> buffer, ref nuint _) =>
                {
                    fixed (byte* start = buffer)
                    {
                        return ((delegate* unmanaged<nint, byte*, nuint, int>)address)(
                            image, start, (nuint)buffer.Length);
                    }
                },
                static (buffer, _) => NativeText.UpToNul(buffer))!;
        }
        finally
        {
            if (held)
            {
                _handle.DangerousRelease();
            }
        }
    }
}
