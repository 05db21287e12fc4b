using System.Runtime.InteropServices;

namespace CephRbd.Native.Rbd;

/// <summary>Functions of librbd that not every supported release has; null where the one loaded lacks them.</summary>
internal static unsafe class RbdOptional
{
    /// <summary>Every symbol looked up here.</summary>
    internal static ReadOnlySpan<string> Symbols => (string[])["rbd_get_id", "rbd_get_block_name_prefix", "rbd_watchers_list", "rbd_watchers_list_cleanup"];

    /// <summary>
    /// <c>int rbd_get_id(rbd_image_t image, char *id, size_t id_len)</c>, from 10.2.6 on; -ERANGE without a size.
    /// Without it: the id is the end of the data objects' prefix.
    /// </summary>
    internal static delegate* unmanaged<nint, byte*, nuint, int> GetId { get; private set; }

    /// <summary>
    /// <c>int rbd_get_block_name_prefix(rbd_image_t image, char *prefix, size_t prefix_len)</c>, from 10.2.6 on;
    /// -ERANGE without a size. Without it: <c>rbd_stat</c>'s prefix, cut at 24 bytes; only one that names a data pool
    /// is longer, and a librbd as old as that opens no such image.
    /// </summary>
    internal static delegate* unmanaged<nint, byte*, nuint, int> GetBlockNamePrefix { get; private set; }

    /// <summary>
    /// <c>int rbd_watchers_list(rbd_image_t image, rbd_image_watcher_t *watchers, size_t *max_watchers)</c>, from
    /// Mimic (13.2) on; -ERANGE with the count filled in. Without it: the driver asks the command <c>rbd status</c>.
    /// </summary>
    internal static delegate* unmanaged<nint, RbdWatcherNative*, nuint*, int> WatchersList { get; private set; }

    /// <summary>
    /// <c>void rbd_watchers_list_cleanup(rbd_image_watcher_t *watchers, size_t num_watchers)</c>, from Mimic (13.2) on.
    /// Without it: as without <c>rbd_watchers_list</c>.
    /// </summary>
    internal static delegate* unmanaged<RbdWatcherNative*, nuint, void> WatchersListCleanup { get; private set; }

    internal static void Bind(nint library)
    {
        WatchersList = (delegate* unmanaged<nint, RbdWatcherNative*, nuint*, int>)Find(library, Symbols[2]);
        WatchersListCleanup = (delegate* unmanaged<RbdWatcherNative*, nuint, void>)Find(library, Symbols[3]);
        GetId = (delegate* unmanaged<nint, byte*, nuint, int>)Find(library, Symbols[0]);
        GetBlockNamePrefix = (delegate* unmanaged<nint, byte*, nuint, int>)Find(library, Symbols[1]);
    }

    private static nint Find(nint library, string symbol) =>
        NativeLibrary.TryGetExport(library, symbol, out nint address) ? address : 0;
}
