using System.Runtime.InteropServices;
using CephRbd.Native.Rados;

namespace CephRbd.Native.Rbd;

/// <summary>C's rbd_image_info_t: 160 bytes in every release from Jewel on.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeImageInfo
{
    internal ulong Size;
    internal ulong ObjectSize;
    internal ulong ObjectCount;
    internal int Order;
    internal fixed byte BlockNamePrefix[24];
    internal long ParentPool;
    internal fixed byte ParentName[96];
}

/// <summary>
/// Declarations of librbd, all of them in Jewel. Each comment is the C prototype; a test compiles
/// them against the real header. Results are 0 or a count, or -errno, unless said otherwise.
/// </summary>
internal static unsafe partial class RbdNative
{
    /// <summary>RBD_IMAGE_OPTION_FORMAT, a number.</summary>
    internal const int OptionFormat = 0;

    /// <summary>RBD_IMAGE_OPTION_FEATURES, a number.</summary>
    internal const int OptionFeatures = 1;

    /// <summary>RBD_IMAGE_OPTION_ORDER, a number.</summary>
    internal const int OptionOrder = 2;

    /// <summary>RBD_IMAGE_OPTION_DATA_POOL, a text, from Kraken on.</summary>
    internal const int OptionDataPool = 10;

    private const string Library = CephLibraries.Rbd;

    /// <summary>Every symbol bound below.</summary>
    internal static ReadOnlySpan<string> RequiredSymbols => (string[])
    [
        "rbd_version", "rbd_create4", "rbd_remove", "rbd_list", "rbd_image_options_create",
        "rbd_image_options_destroy", "rbd_image_options_set_uint64", "rbd_image_options_set_string",
        "rbd_open", "rbd_open_read_only", "rbd_close", "rbd_stat", "rbd_get_features", "rbd_get_flags",
        "rbd_get_stripe_unit", "rbd_get_stripe_count", "rbd_resize", "rbd_read", "rbd_write", "rbd_flush",
        "rbd_metadata_get", "rbd_metadata_set", "rbd_metadata_remove", "rbd_diff_iterate2", "rbd_list_lockers",
        "rbd_aio_create_completion", "rbd_aio_read", "rbd_aio_write", "rbd_aio_discard",
        "rbd_aio_wait_for_complete", "rbd_aio_get_return_value", "rbd_aio_release",
    ];

    /// <summary><c>void rbd_version(int *major, int *minor, int *extra)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_version")]
    internal static partial void Version(out int major, out int minor, out int extra);

    /// <summary><c>void rbd_image_options_create(rbd_image_options_t *opts)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_image_options_create")]
    internal static partial void CreateOptions(out nint options);

    /// <summary><c>void rbd_image_options_destroy(rbd_image_options_t opts)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_image_options_destroy")]
    internal static partial void DestroyOptions(nint options);

    /// <summary><c>int rbd_image_options_set_uint64(rbd_image_options_t opts, int optname, uint64_t optval)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_image_options_set_uint64")]
    internal static partial int SetOption(nint options, int name, ulong value);

    /// <summary><c>int rbd_image_options_set_string(rbd_image_options_t opts, int optname, const char *optval)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_image_options_set_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetOption(nint options, int name, string value);

    /// <summary><c>int rbd_create4(rados_ioctx_t io, const char *name, uint64_t size, rbd_image_options_t opts)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_create4", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(RadosIoContextHandle context, string name, ulong size, nint options);

    /// <summary><c>int rbd_remove(rados_ioctx_t io, const char *name)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_remove", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Remove(RadosIoContextHandle context, string name);

    /// <summary><c>int rbd_list(rados_ioctx_t io, char *names, size_t *size)</c>; the bytes used, or -ERANGE with the size filled in</summary>
    [LibraryImport(Library, EntryPoint = "rbd_list")]
    internal static partial int List(RadosIoContextHandle context, byte* names, ref nuint size);

    /// <summary><c>int rbd_open(rados_ioctx_t io, const char *name, rbd_image_t *image, const char *snap_name)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_open", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(RadosIoContextHandle context, string name, out nint image, string? snapshot);

    /// <summary><c>int rbd_open_read_only(rados_ioctx_t io, const char *name, rbd_image_t *image, const char *snap_name)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_open_read_only", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenReadOnly(
        RadosIoContextHandle context, string name, out nint image, string? snapshot);

    /// <summary><c>int rbd_close(rbd_image_t image)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_close")]
    internal static partial int Close(nint image);

    /// <summary><c>int rbd_stat(rbd_image_t image, rbd_image_info_t *info, size_t infosize)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_stat")]
    internal static partial int Stat(RbdImageHandle image, NativeImageInfo* info, nuint size);

    /// <summary><c>int rbd_get_features(rbd_image_t image, uint64_t *features)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_get_features")]
    internal static partial int GetFeatures(RbdImageHandle image, out ulong features);

    /// <summary><c>int rbd_get_flags(rbd_image_t image, uint64_t *flags)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_get_flags")]
    internal static partial int GetFlags(RbdImageHandle image, out ulong flags);

    /// <summary><c>int rbd_get_stripe_unit(rbd_image_t image, uint64_t *stripe_unit)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_get_stripe_unit")]
    internal static partial int GetStripeUnit(RbdImageHandle image, out ulong stripeUnit);

    /// <summary><c>int rbd_get_stripe_count(rbd_image_t image, uint64_t *stripe_count)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_get_stripe_count")]
    internal static partial int GetStripeCount(RbdImageHandle image, out ulong stripeCount);

    /// <summary><c>int rbd_resize(rbd_image_t image, uint64_t size)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_resize")]
    internal static partial int Resize(RbdImageHandle image, ulong size);

    /// <summary><c>ssize_t rbd_read(rbd_image_t image, uint64_t ofs, size_t len, char *buf)</c>; the bytes read</summary>
    [LibraryImport(Library, EntryPoint = "rbd_read")]
    internal static partial nint Read(RbdImageHandle image, ulong offset, nuint length, byte* buffer);

    /// <summary><c>ssize_t rbd_write(rbd_image_t image, uint64_t ofs, size_t len, const char *buf)</c>; the bytes written</summary>
    [LibraryImport(Library, EntryPoint = "rbd_write")]
    internal static partial nint Write(RbdImageHandle image, ulong offset, nuint length, byte* buffer);

    /// <summary><c>int rbd_flush(rbd_image_t image)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_flush")]
    internal static partial int Flush(RbdImageHandle image);

    /// <summary><c>int rbd_metadata_get(rbd_image_t image, const char *key, char *value, size_t *val_len)</c>; -ERANGE with the length filled in</summary>
    [LibraryImport(Library, EntryPoint = "rbd_metadata_get", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetMetadata(RbdImageHandle image, string key, byte* value, ref nuint length);

    /// <summary><c>int rbd_metadata_set(rbd_image_t image, const char *key, const char *value)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_metadata_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetMetadata(RbdImageHandle image, string key, string value);

    /// <summary><c>int rbd_metadata_remove(rbd_image_t image, const char *key)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_metadata_remove", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveMetadata(RbdImageHandle image, string key);

    /// <summary>
    /// <c>int rbd_diff_iterate2(rbd_image_t image, const char *fromsnapname, uint64_t ofs, uint64_t len,
    /// uint8_t include_parent, uint8_t whole_object, int (*cb)(uint64_t, size_t, int, void *), void *arg)</c>
    /// </summary>
    [LibraryImport(Library, EntryPoint = "rbd_diff_iterate2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int DiffIterate(
        RbdImageHandle image, string? fromSnapshot, ulong offset, ulong length, byte includeParent, byte wholeObject,
        delegate* unmanaged<ulong, nuint, int, void*, int> callback, void* argument);

    /// <summary>
    /// <c>ssize_t rbd_list_lockers(rbd_image_t image, int *exclusive, char *tag, size_t *tag_len, char *clients,
    /// size_t *clients_len, char *cookies, size_t *cookies_len, char *addrs, size_t *addrs_len)</c>
    /// </summary>
    [LibraryImport(Library, EntryPoint = "rbd_list_lockers")]
    internal static partial nint ListLockers(
        RbdImageHandle image, int* exclusive, byte* tag, nuint* tagLength, byte* clients, nuint* clientsLength,
        byte* cookies, nuint* cookiesLength, byte* addresses, nuint* addressesLength);

    /// <summary><c>int rbd_aio_create_completion(void *cb_arg, rbd_callback_t complete_cb, rbd_completion_t *c)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_aio_create_completion")]
    internal static partial int CreateCompletion(void* argument, void* callback, out nint completion);

    /// <summary><c>int rbd_aio_read(rbd_image_t image, uint64_t off, size_t len, char *buf, rbd_completion_t c)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_aio_read")]
    internal static partial int StartRead(
        RbdImageHandle image, ulong offset, nuint length, byte* buffer, nint completion);

    /// <summary><c>int rbd_aio_write(rbd_image_t image, uint64_t off, size_t len, const char *buf, rbd_completion_t c)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_aio_write")]
    internal static partial int StartWrite(
        RbdImageHandle image, ulong offset, nuint length, byte* buffer, nint completion);

    /// <summary><c>int rbd_aio_discard(rbd_image_t image, uint64_t off, uint64_t len, rbd_completion_t c)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_aio_discard")]
    internal static partial int StartDiscard(RbdImageHandle image, ulong offset, ulong length, nint completion);

    /// <summary><c>int rbd_aio_wait_for_complete(rbd_completion_t c)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_aio_wait_for_complete")]
    internal static partial int WaitFor(nint completion);

    /// <summary><c>ssize_t rbd_aio_get_return_value(rbd_completion_t c)</c>; what the operation returned</summary>
    [LibraryImport(Library, EntryPoint = "rbd_aio_get_return_value")]
    internal static partial nint GetResult(nint completion);

    /// <summary><c>void rbd_aio_release(rbd_completion_t c)</c></summary>
    [LibraryImport(Library, EntryPoint = "rbd_aio_release")]
    internal static partial void ReleaseCompletion(nint completion);
}
