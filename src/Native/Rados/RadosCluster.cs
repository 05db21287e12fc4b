using System.Text;

namespace CephRbd.Native.Rados;

/// <summary>
/// A client of one Ceph cluster. How long a call may take is up to the options
/// client_mount_timeout, rados_mon_op_timeout and rados_osd_op_timeout (seconds; set them before
/// <see cref="Connect"/>); names in mon_host, and the search for a missing pool, are bound by none of them.
/// </summary>
/// <remarks>
/// Ceph's environment variables (CEPH_ARGS, CEPH_CONF, CEPH_KEYRING …) have no say: making a client removes them
/// from the process, so make the first one before there are other threads. Errors are <see cref="CephException"/>s.
/// Disposing it while contexts or images are still open is safe: the last of them closes the connection.
/// </remarks>
public sealed class RadosCluster : IDisposable
{
    private readonly RadosClusterHandle _handle;
    private bool _disposed;

    private RadosCluster(RadosClusterHandle handle) => _handle = handle;

    // While a context holds on to the handle, the handle itself would still take calls after Dispose.
    private RadosClusterHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _handle;
        }
    }

    /// <summary>Makes an unconnected client (rados_create2, Ceph 0.72).</summary>
    /// <param name="clusterName">Usually "ceph"; only names default files.</param>
    /// <param name="entity">The whole name, such as "client.admin".</param>
    /// <exception cref="NativeLibraryException">librados or librbd is missing or too old.</exception>
    /// <exception cref="CephException">EINVAL: not a name of the form type.id.</exception>
    public static RadosCluster Create(string clusterName, string entity)
    {
        _ = NativeText.Checked(clusterName, nameof(clusterName));
        _ = NativeText.Checked(entity, nameof(entity));
        CephLibraries.EnsureLoaded();
        CephEnvironment.Clear();
        RadosClusterHandle handle = new();
        Ensure.ZeroResult(RadosNative.Create(out nint cluster, clusterName, entity, 0), "rados_create2", entity);
        handle.Adopt(cluster);
        return new RadosCluster(handle);
    }

    /// <summary>Reads a ceph.conf (rados_conf_read_file). Complaints about its contents go to stderr.</summary>
    /// <exception cref="CephException">ENOENT: no such file; EINVAL: not a configuration file.</exception>
    public void ReadConfigFile(string path)
    {
        // No path would make librados look in its default places.
        ArgumentException.ThrowIfNullOrEmpty(path);
        Ensure.ZeroResult(
            RadosNative.ReadConfigFile(Handle, NativeText.Checked(path, nameof(path))), "rados_conf_read_file", path);
    }

    /// <summary>Sets an option (rados_conf_set). The value is never repeated in an error.</summary>
    /// <exception cref="CephException">ENOENT: no such option in this release; EINVAL: a value it does not take.</exception>
    public void SetConfig(string key, string value)
    {
        if (!TrySetConfig(key, value))
        {
            throw new CephException("rados_conf_set", -Errno.NoEntry, key);
        }
    }

    /// <summary>Sets an option that not every release has.</summary>
    /// <returns>False if this one does not have it.</returns>
    /// <exception cref="CephException">EINVAL: a value it does not take.</exception>
    public bool TrySetConfig(string key, string value) => Ensure.ZeroOrAbsent(
        RadosNative.SetConfig(Handle, NativeText.Checked(key, nameof(key)), NativeText.Checked(value, nameof(value))),
        "rados_conf_set",
        key);

    /// <summary>The option's value in force (rados_conf_get).</summary>
    /// <returns>Null if this release has no such option.</returns>
    public unsafe string? GetConfig(string key)
    {
        _ = NativeText.Checked(key, nameof(key));
        return GrowingBuffer.Fill(
            "rados_conf_get",
            key,
            256,
            (Span<byte> buffer, ref nuint _) =>
            {
                fixed (byte* start = buffer)
                {
                    int result = RadosNative.GetConfig(Handle, key, start, (nuint)buffer.Length);
                    return result == -Errno.NameTooLong ? -Errno.Range : result;
                }
            },
            static (buffer, _) => NativeText.UpToNul(buffer),
            absentIsDefault: true);
    }

    /// <summary>Connects (rados_connect). After a failure this client is of no further use: dispose of it.</summary>
    /// <exception cref="CephException">ETIMEDOUT: no monitor answered; EACCES: key refused; ENOENT: no keyring or no monitors.</exception>
    public void Connect() => Ensure.ZeroResult(RadosNative.Connect(Handle), "rados_connect");

    /// <summary>The cluster's id, 36 characters (rados_cluster_fsid). Connected clients only.</summary>
    public unsafe string Fsid
    {
        get
        {
            byte* text = stackalloc byte[64];
            int length = Ensure.Count(RadosNative.GetFsid(Handle, text, 64), "rados_cluster_fsid");
            return Encoding.UTF8.GetString(text, length);
        }
    }

    /// <summary>This connection's global id, the number in "client.4123" of watchers and locks (rados_get_instance_id).</summary>
    public ulong InstanceId => RadosNative.GetInstanceId(Handle);

    /// <summary>Looks a pool up (rados_pool_lookup).</summary>
    /// <returns>Its id, or null if there is none of that name.</returns>
    public long? FindPool(string name)
    {
        long result = RadosNative.LookUpPool(Handle, NativeText.Checked(name, nameof(name)));
        if (result == -Errno.NoEntry)
        {
            return null;
        }

        Ensure.ZeroResult((int)Math.Min(result, 0), "rados_pool_lookup", name);
        return result;
    }

    /// <summary>Opens a pool (rados_ioctx_create).</summary>
    /// <exception cref="CephException">ENOENT: no such pool, found out without any time-out.</exception>
    public RadosIoContext OpenPool(string name)
    {
        _ = NativeText.Checked(name, nameof(name));
        return RadosIoContext.Open(
            Handle,
            "rados_ioctx_create",
            name,
            (RadosClusterHandle cluster, out nint context) => RadosNative.CreateContext(cluster, name, out context));
    }

    /// <summary>Opens a pool by its id (rados_ioctx_create2, Ceph 0.94).</summary>
    /// <exception cref="CephException">ENOENT: no such pool.</exception>
    public RadosIoContext OpenPool(long id) => RadosIoContext.Open(
        Handle,
        "rados_ioctx_create2",
        $"pool {id}",
        (RadosClusterHandle cluster, out nint context) => RadosNative.CreateContextById(cluster, id, out context));

    /// <summary>Asks the monitors (rados_mon_command). Bound by rados_mon_op_timeout.</summary>
    /// <param name="json">Such as {"prefix":"osd stat","format":"json"}.</param>
    /// <returns>The answer's bytes, in the format asked for.</returns>
    /// <exception cref="CephException">EINVAL: unknown command; EACCES: not allowed; ETIMEDOUT.</exception>
    public unsafe byte[] MonCommand(string json)
    {
        byte[] command = Encoding.UTF8.GetBytes(NativeText.Checked(json, nameof(json)) + '\0');
        byte* output = null;
        byte* status = null;
        nuint outputLength = 0;
        nuint statusLength = 0;
        fixed (byte* start = command)
        {
            byte* only = start;
            int result = RadosNative.MonCommand(
                Handle, &only, 1, null, 0, &output, &outputLength, &status, &statusLength);
            try
            {
                Ensure.ZeroResult(result, "rados_mon_command");
                return new ReadOnlySpan<byte>(output, checked((int)outputLength)).ToArray();
            }
            finally
            {
                if (output is not null)
                {
                    RadosNative.FreeBuffer(output);
                }

                if (status is not null)
                {
                    RadosNative.FreeBuffer(status);
                }
            }
        }
    }

    /// <summary>
    /// Waits until this client has the newest map of the OSDs (rados_wait_for_latest_osdmap, Ceph 0.94): what it asks
    /// an OSD afterwards makes that OSD have it, too. Bound by rados_mon_op_timeout.
    /// </summary>
    /// <exception cref="CephException">ETIMEDOUT: the monitors did not answer.</exception>
    public void WaitForLatestOsdMap() =>
        Ensure.ZeroResult(RadosNative.WaitForLatestOsdMap(Handle), "rados_wait_for_latest_osdmap");

    /// <summary>
    /// Gives the client up without rados_shutdown, for a process that is about to end: a shutdown takes
    /// milliseconds, or for ever on a cluster that does not answer. Close images that are open for writing first.
    /// </summary>
    public void Abandon()
    {
        _handle.IsAbandoned = true;
        Dispose();
    }

    /// <summary>Disconnects (rados_shutdown), once all contexts and images are closed too.</summary>
    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
    }
}
