using System.Runtime.InteropServices;

namespace CephRbd.Native.Rados;

/// <summary>C's struct timeval on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeValue
{
    internal long Seconds;
    internal long Microseconds;
}

/// <summary>
/// Declarations of librados, all of them in Jewel. Each comment is the C prototype; a test compiles
/// them against the real header. Results are 0 or a count, or -errno, unless said otherwise.
/// </summary>
internal static unsafe partial class RadosNative
{
    private const string Library = CephLibraries.Rados;

    /// <summary>Every symbol bound below.</summary>
    internal static ReadOnlySpan<string> RequiredSymbols => (string[])
    [
        "rados_version", "rados_create2", "rados_conf_read_file", "rados_conf_set", "rados_conf_get",
        "rados_connect", "rados_shutdown", "rados_cluster_fsid", "rados_get_instance_id", "rados_pool_lookup",
        "rados_ioctx_create", "rados_ioctx_create2", "rados_ioctx_destroy", "rados_ioctx_set_namespace",
        "rados_ioctx_get_id", "rados_ioctx_get_pool_name", "rados_mon_command", "rados_buffer_free",
        "rados_lock_exclusive", "rados_lock_shared", "rados_unlock", "rados_list_lockers", "rados_break_lock",
        "rados_remove", "rados_write_full", "rados_read", "rados_wait_for_latest_osdmap",
    ];

    /// <summary><c>void rados_version(int *major, int *minor, int *extra)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_version")]
    internal static partial void Version(out int major, out int minor, out int extra);

    /// <summary><c>int rados_create2(rados_t *pcluster, const char *const clustername, const char *const name, uint64_t flags)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_create2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(out nint cluster, string clusterName, string entity, ulong flags);

    /// <summary><c>int rados_conf_read_file(rados_t cluster, const char *path)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_conf_read_file", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ReadConfigFile(RadosClusterHandle cluster, string path);

    /// <summary><c>int rados_conf_set(rados_t cluster, const char *option, const char *value)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetConfig(RadosClusterHandle cluster, string option, string value);

    /// <summary><c>int rados_conf_get(rados_t cluster, const char *option, char *buf, size_t len)</c>; too small is -ENAMETOOLONG</summary>
    [LibraryImport(Library, EntryPoint = "rados_conf_get", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetConfig(RadosClusterHandle cluster, string option, byte* buffer, nuint length);

    /// <summary><c>int rados_connect(rados_t cluster)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_connect")]
    internal static partial int Connect(RadosClusterHandle cluster);

    /// <summary><c>void rados_shutdown(rados_t cluster)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_shutdown")]
    internal static partial void Shutdown(nint cluster);

    /// <summary><c>int rados_cluster_fsid(rados_t cluster, char *buf, size_t len)</c>; the text's length</summary>
    [LibraryImport(Library, EntryPoint = "rados_cluster_fsid")]
    internal static partial int GetFsid(RadosClusterHandle cluster, byte* buffer, nuint length);

    /// <summary><c>uint64_t rados_get_instance_id(rados_t cluster)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_get_instance_id")]
    internal static partial ulong GetInstanceId(RadosClusterHandle cluster);

    /// <summary><c>int64_t rados_pool_lookup(rados_t cluster, const char *pool_name)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_pool_lookup", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long LookUpPool(RadosClusterHandle cluster, string pool);

    /// <summary><c>int rados_ioctx_create(rados_t cluster, const char *pool_name, rados_ioctx_t *ioctx)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_ioctx_create", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int CreateContext(RadosClusterHandle cluster, string pool, out nint context);

    /// <summary><c>int rados_ioctx_create2(rados_t cluster, int64_t pool_id, rados_ioctx_t *ioctx)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_ioctx_create2")]
    internal static partial int CreateContextById(RadosClusterHandle cluster, long pool, out nint context);

    /// <summary><c>void rados_ioctx_destroy(rados_ioctx_t io)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_ioctx_destroy")]
    internal static partial void DestroyContext(nint context);

    /// <summary><c>void rados_ioctx_set_namespace(rados_ioctx_t io, const char *nspace)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_ioctx_set_namespace", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetNamespace(RadosIoContextHandle context, string name);

    /// <summary><c>int64_t rados_ioctx_get_id(rados_ioctx_t io)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_ioctx_get_id")]
    internal static partial long GetPoolId(RadosIoContextHandle context);

    /// <summary><c>int rados_ioctx_get_pool_name(rados_ioctx_t io, char *buf, unsigned maxlen)</c>; the text's length</summary>
    [LibraryImport(Library, EntryPoint = "rados_ioctx_get_pool_name")]
    internal static partial int GetPoolName(RadosIoContextHandle context, byte* buffer, uint length);

    /// <summary>
    /// <c>int rados_mon_command(rados_t cluster, const char **cmd, size_t cmdlen, const char *inbuf, size_t inbuflen,
    /// char **outbuf, size_t *outbuflen, char **outs, size_t *outslen)</c>
    /// </summary>
    [LibraryImport(Library, EntryPoint = "rados_mon_command")]
    internal static partial int MonCommand(
        RadosClusterHandle cluster, byte** commands, nuint commandCount, byte* input, nuint inputLength,
        byte** output, nuint* outputLength, byte** status, nuint* statusLength);

    /// <summary><c>int rados_wait_for_latest_osdmap(rados_t cluster)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_wait_for_latest_osdmap")]
    internal static partial int WaitForLatestOsdMap(RadosClusterHandle cluster);

    /// <summary><c>void rados_buffer_free(char *buf)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_buffer_free")]
    internal static partial void FreeBuffer(byte* buffer);

    /// <summary>
    /// <c>int rados_lock_exclusive(rados_ioctx_t io, const char *oid, const char *name, const char *cookie,
    /// const char *desc, struct timeval *duration, uint8_t flags)</c>; a null duration never expires
    /// </summary>
    [LibraryImport(Library, EntryPoint = "rados_lock_exclusive", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LockExclusive(
        RadosIoContextHandle context, string obj, string name, string cookie, string description,
        TimeValue* duration, byte flags);

    /// <summary>
    /// <c>int rados_lock_shared(rados_ioctx_t io, const char *o, const char *name, const char *cookie, const char *tag,
    /// const char *desc, struct timeval *duration, uint8_t flags)</c>; a null duration never expires
    /// </summary>
    [LibraryImport(Library, EntryPoint = "rados_lock_shared", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LockShared(
        RadosIoContextHandle context, string obj, string name, string cookie, string tag, string description,
        TimeValue* duration, byte flags);

    /// <summary><c>int rados_unlock(rados_ioctx_t io, const char *o, const char *name, const char *cookie)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_unlock", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlock(RadosIoContextHandle context, string obj, string name, string cookie);

    /// <summary>
    /// <c>ssize_t rados_list_lockers(rados_ioctx_t io, const char *o, const char *name, int *exclusive, char *tag,
    /// size_t *tag_len, char *clients, size_t *clients_len, char *cookies, size_t *cookies_len, char *addrs,
    /// size_t *addrs_len)</c>; the number of lockers, or -ERANGE with the lengths filled in
    /// </summary>
    [LibraryImport(Library, EntryPoint = "rados_list_lockers", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ListLockers(
        RadosIoContextHandle context, string obj, string name, int* exclusive, byte* tag, nuint* tagLength,
        byte* clients, nuint* clientsLength, byte* cookies, nuint* cookiesLength, byte* addresses,
        nuint* addressesLength);

    /// <summary><c>int rados_break_lock(rados_ioctx_t io, const char *o, const char *name, const char *client, const char *cookie)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_break_lock", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int BreakLock(
        RadosIoContextHandle context, string obj, string name, string client, string cookie);

    /// <summary><c>int rados_remove(rados_ioctx_t io, const char *oid)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_remove", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Remove(RadosIoContextHandle context, string obj);

    /// <summary><c>int rados_write_full(rados_ioctx_t io, const char *oid, const char *buf, size_t len)</c></summary>
    [LibraryImport(Library, EntryPoint = "rados_write_full", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int WriteFull(RadosIoContextHandle context, string obj, byte* buffer, nuint length);

    /// <summary><c>int rados_read(rados_ioctx_t io, const char *oid, char *buf, size_t len, uint64_t off)</c>; the bytes read</summary>
    [LibraryImport(Library, EntryPoint = "rados_read", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Read(
        RadosIoContextHandle context, string obj, byte* buffer, nuint length, ulong offset);
}
