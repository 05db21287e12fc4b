using CephRbd.Native.Rados;

namespace CephRbd.Native.Rbd;

/// <summary>How to create an image; what is null is left to the client's configuration.</summary>
public sealed record RbdCreateOptions
{
    /// <summary>The bits of the image's features; see <see cref="RbdFeatures"/>.</summary>
    public ulong? Features { get; init; }

    /// <summary>The binary logarithm of the object size, 12 to 25; 22 is 4 MiB.</summary>
    public int? Order { get; init; }

    /// <summary>The pool for the data objects (from Kraken on), for images on erasure-coded pools.</summary>
    public string? DataPool { get; init; }
}

/// <summary>The bits of an image's features.</summary>
public static class RbdFeatures
{
    /// <summary>Clones.</summary>
    public const ulong Layering = 1;

    /// <summary>Striping other than one object after the other.</summary>
    public const ulong Striping = 2;

    /// <summary>One writer at a time.</summary>
    public const ulong ExclusiveLock = 4;

    /// <summary>An index of the objects that exist; wants exclusive-lock.</summary>
    public const ulong ObjectMap = 8;

    /// <summary>Quick differences; wants object-map.</summary>
    public const ulong FastDiff = 16;

    /// <summary>Flattening of snapshots too.</summary>
    public const ulong DeepFlatten = 32;

    /// <summary>A journal of writes; wants exclusive-lock.</summary>
    public const ulong Journaling = 64;

    /// <summary>Data objects in a pool of their own.</summary>
    public const ulong DataPool = 128;

    /// <summary>Maintenance operations that old clients must know of.</summary>
    public const ulong Operations = 256;
}

/// <summary>The images of a pool. Errors are <see cref="CephException"/>s.</summary>
public static class RbdImages
{
    /// <summary>Creates an image of format 2 (rbd_create4, Ceph 10.0).</summary>
    /// <param name="context">The pool and namespace.</param>
    /// <param name="name">The image's name.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="options">What differs from the client's configuration.</param>
    /// <exception cref="CephException">
    /// EEXIST: the name is taken; EINVAL: features that need others, or a bad order; EOPNOTSUPP: a data pool, and a
    /// librbd that has none.
    /// </exception>
    public static void Create(RadosIoContext context, string name, ulong size, RbdCreateOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        _ = NativeText.Checked(name, nameof(name));
        RbdNative.CreateOptions(out nint native);
        try
        {
            Set(native, RbdNative.OptionFormat, 2);
            if (options.Features is ulong features)
            {
                Set(native, RbdNative.OptionFeatures, features);
            }

            if (options.Order is int order)
            {
                Set(native, RbdNative.OptionOrder, checked((ulong)order));
            }

            if (options.DataPool is string dataPool
                && RbdNative.SetOption(
                    native, RbdNative.OptionDataPool, NativeText.Checked(dataPool, nameof(options))) < 0)
            {
                // librbd only says EINVAL, the same as for a bad value; but any text is a good value here.
                throw new CephException("rbd_image_options_set_string", Errno.NotSupported, "data pool");
            }

            Ensure.ZeroResult(RbdNative.Create(context.Handle, name, size, native), "rbd_create4", name);
        }
        finally
        {
            RbdNative.DestroyOptions(native);
        }
    }

    /// <summary>Removes an image and all its data (rbd_remove). Without object-map it asks for every possible object.</summary>
    /// <exception cref="CephException">ENOENT: no such image; EBUSY: someone has it open; ENOTEMPTY: it has snapshots.</exception>
    public static void Remove(RadosIoContext context, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        Ensure.ZeroResult(
            RbdNative.Remove(context.Handle, NativeText.Checked(name, nameof(name))), "rbd_remove", name);
    }

    /// <summary>The names of all images (rbd_list).</summary>
    public static unsafe IReadOnlyList<string> List(RadosIoContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return GrowingBuffer.Fill(
            "rbd_list",
            null,
            4096,
            (Span<byte> buffer, ref nuint needed) =>
            {
                needed = (nuint)buffer.Length;
                fixed (byte* start = buffer)
                {
                    return RbdNative.List(context.Handle, start, ref needed);
                }
            },
            static (buffer, used) => NativeText.SplitNulEnded(buffer[..used]),
            absentIsDefault: true) ?? [];
    }

    private static void Set(nint options, int name, ulong value) => Ensure.ZeroResult(
        RbdNative.SetOption(options, name, value), "rbd_image_options_set_uint64");
}
