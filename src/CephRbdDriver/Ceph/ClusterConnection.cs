using System.Globalization;
using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rados;

namespace CephRbd.Driver.Ceph;

/// <summary>
/// The one connection of a call. Everything a call asks of the cluster goes through it; librados' own waits are all
/// bounded so that an orderly failure comes before the watchdog's.
/// </summary>
internal sealed class ClusterConnection : IDisposable
{
    private readonly Steps _steps;
    private bool _connected;

    private ClusterConnection(RadosCluster rados, Credentials credentials, string confFile, Steps steps)
    {
        Rados = rados;
        Credentials = credentials;
        ConfFile = confFile;
        _steps = steps;
    }

    /// <summary>The handle.</summary>
    public RadosCluster Rados { get; }

    /// <summary>Who is connected.</summary>
    public Credentials Credentials { get; }

    /// <summary>The ceph.conf in force.</summary>
    public string ConfFile { get; }

    /// <summary>Reads conf and key and connects.</summary>
    /// <param name="spec">The volume.</param>
    /// <param name="config">The config.</param>
    /// <param name="steps">The call's steps and deadline.</param>
    /// <param name="waitSeconds">How long a single answer of the cluster is waited for; null for what the deadline gives.</param>
    /// <exception cref="VolumeException">Conf or key are unusable.</exception>
    /// <exception cref="CephException">The cluster refused or did not answer.</exception>
    /// <exception cref="NativeLibraryException">librados is not installed.</exception>
    public static ClusterConnection Open(VolumeSpec spec, DriverConfig config, Steps steps, int? waitSeconds = null)
    {
        string confFile = config.ConfPathFor(spec.Cluster);
        if (!File.Exists(confFile))
        {
            throw new VolumeException(
                $"there is no ceph.conf at {confFile} (confFile in the config, or the option cluster): copy it from a monitor's node");
        }

        Credentials credentials = steps.Run("look for the key", () => Credentials.Resolve(spec, config));
        RadosCluster rados = steps.Run("load librados", () => RadosCluster.Create("ceph", credentials.Entity));
        try
        {
            steps.Run($"read {confFile}", () => ReadConf(rados, confFile));
            credentials = credentials.Key is null ? KeyFromConf(rados, credentials) : credentials;
            Configure(rados, credentials, waitSeconds ?? WaitSeconds(steps.Deadline));
            var connection = new ClusterConnection(rados, credentials, confFile, steps);
            steps.Run($"connect as {credentials.Entity}", rados.Connect, $"the monitors that {confFile} names (mon_host)");
            connection._connected = true;
            return connection;
        }
        catch
        {
            rados.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The addresses of each monitor in the live monmap; if the user's caps do not let it read that, those of
    /// ceph.conf's mon_host.
    /// </summary>
    /// <exception cref="VolumeException">Neither tells any.</exception>
    public IReadOnlyList<IReadOnlyList<MonAddress>> Monitors()
    {
        IReadOnlyList<IReadOnlyList<MonAddress>> monitors;
        try
        {
            monitors = MonMap.Parse(Rados.MonCommand("""{"prefix":"mon dump","format":"json"}"""));
        }
        catch (Exception e) when (e is CephException { Errno: Errno.Access or Errno.NotPermitted or Errno.Invalid } or VolumeException)
        {
            // Jewel's caps may allow images but no look at the monmap; then ceph.conf is what there is.
            monitors = [];
        }

        if (TagMonitors.From(monitors).Count == 0 && Rados.GetConfig("mon_host") is { Length: > 0 } monHost)
        {
            monitors = MonHost.Parse(monHost);
        }

        return TagMonitors.From(monitors).Count > 0
            ? monitors
            : throw new VolumeException($"neither the cluster nor mon_host in {ConfFile} names a monitor");
    }

    /// <summary>Opens the volume's pool and rados namespace.</summary>
    /// <exception cref="CephException">No such pool, or no right to it.</exception>
    public RadosIoContext OpenPool(VolumeSpec spec) => _steps.Run($"open pool {spec.Pool}", () =>
    {
        RadosIoContext pool = Rados.OpenPool(spec.Pool);
        if (spec.Namespace is { } ns)
        {
            pool.SetNamespace(ns);
        }

        return pool;
    });

    /// <summary>
    /// Lets go of the connection without the two milliseconds of an orderly shutdown: images are closed by now, so
    /// the cluster keeps nothing of us, and the process ends within the same breath.
    /// </summary>
    public void Dispose()
    {
        if (_connected)
        {
            Rados.Abandon();
        }
        else
        {
            Rados.Dispose();
        }
    }

    private static void ReadConf(RadosCluster rados, string confFile)
    {
        rados.ReadConfigFile(confFile);

        // Whatever ceph.conf says: nothing but the reply goes to the standard streams, no admin socket file stays
        // behind, and no log file of librados' own is written beside ours.
        rados.TrySetConfig("log_to_stderr", "false");
        rados.TrySetConfig("err_to_stderr", "false");
        rados.TrySetConfig("log_to_file", "false");
        rados.TrySetConfig("log_file", "");
        rados.TrySetConfig("admin_socket", "");

        // One call has little to do: two threads less to start.
        rados.TrySetConfig("ms_async_op_threads", "1");
        rados.TrySetConfig("librados_thread_count", "1");
    }

    // An operation that times out is followed by a close that waits as long again; both have to fit.
    private static int WaitSeconds(Deadline deadline) => Math.Max(1, (int)((deadline.Remaining.TotalSeconds - 2) / 2));

    private static void Configure(RadosCluster rados, Credentials credentials, int seconds)
    {
        string limit = seconds.ToString(CultureInfo.InvariantCulture);
        rados.SetConfig("client_mount_timeout", limit);
        rados.SetConfig("rados_mon_op_timeout", limit);
        rados.SetConfig("rados_osd_op_timeout", limit);
        if (credentials.Key is { } key)
        {
            rados.SetConfig("keyring", "");
            rados.SetConfig("key", key.Reveal());
        }
    }

    // ceph.conf's own "keyring" (with its $cluster and $name resolved by librados) is asked when ours is not there.
    private static Credentials KeyFromConf(RadosCluster rados, Credentials missing)
    {
        string[] files = (rados.GetConfig("keyring") ?? "").Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (string file in files)
        {
            if (Credentials.FromKeyring(missing.User, file) is { } found)
            {
                return found;
            }
        }

        if ((rados.GetConfig("auth_client_required") ?? "").Trim() == "none")
        {
            return missing;
        }

        var tried = new List<string> { missing.Source };
        tried.AddRange(files.Where(file => file != missing.Source));
        throw new VolumeException(
            $"no key for {missing.Entity}: none of {string.Join(", ", tried)} exists. " +
            $"Fetch it with: ceph auth get {missing.Entity} -o {missing.Source}, or give the pod a secretRef");
    }
}
