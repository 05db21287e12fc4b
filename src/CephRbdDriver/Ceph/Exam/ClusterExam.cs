using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.Driver.Ceph.Exam;

/// <summary>
/// Questions to a cluster over one connection, from several threads. None changes anything; each is bound by the limit
/// that the connection was made with.
/// </summary>
internal sealed class ClusterExam
{
    // Matches what "profile rbd" lets pass (^[^/]+/[0-9]+$), and is no address in any release.
    private const string NoAddress = "no-address/0";
    private const string NoObject = "cephrbd.doctor";

    private readonly ClusterConnection _connection;

    private ClusterExam(ClusterConnection connection) => _connection = connection;

    /// <summary>Where the key came from.</summary>
    public string KeySource => _connection.Credentials.Key is null ? "no key: the cluster asks for none" : "key of " + _connection.Credentials.Source;

    /// <summary>The cluster's id.</summary>
    public string Fsid => _connection.Rados.Fsid;

    /// <summary>This client's number in the cluster.</summary>
    public ulong ClientId => _connection.Rados.InstanceId;

    /// <summary>Connects by ceph.conf and keyring of the config.</summary>
    /// <param name="config">The config.</param>
    /// <param name="waitSeconds">How long a single answer of the cluster is waited for.</param>
    /// <exception cref="VolumeException">Conf or key are unusable.</exception>
    /// <exception cref="CephException">The cluster refused or did not answer.</exception>
    /// <exception cref="NativeLibraryException">librados is not installed.</exception>
    public static ClusterExam Open(DriverConfig config, int waitSeconds)
    {
        // The connection is left to the end of the process: what still waits by it must not lose it.
        var deadline = new Deadline(TimeSpan.FromSeconds(10 * waitSeconds));
        return new ClusterExam(ClusterConnection.Open(
            new VolumeSpec { Image = "", Pool = config.Pool }, config, new Steps(deadline, narrate: null), waitSeconds));
    }

    /// <summary>Asks the monitors a question without arguments, such as <c>osd dump</c>.</summary>
    /// <exception cref="CephException">EACCES: not allowed; EINVAL: this release does not know it; ETIMEDOUT.</exception>
    public ReadOnlyMemory<byte> Ask(string command) =>
        _connection.Rados.MonCommand($$"""{"prefix":"{{command}}","format":"json"}""");

    /// <summary>Asks for the cluster's health with its details.</summary>
    /// <exception cref="CephException">EACCES, ETIMEDOUT.</exception>
    public ReadOnlyMemory<byte> AskHealth() =>
        _connection.Rados.MonCommand("""{"prefix":"health","detail":"detail","format":"json"}""");

    /// <summary>Asks for the last lines of the monitors' audit log (Luminous).</summary>
    /// <param name="count">How many at most. They give no more than they keep, so any large number serves to find this question in the log.</param>
    /// <exception cref="CephException">EACCES: not allowed; EINVAL: this release can't.</exception>
    public ReadOnlyMemory<byte> AskAuditLog(int count) => _connection.Rados.MonCommand(string.Create(
        CultureInfo.InvariantCulture, $$"""{"prefix":"log last","num":{{count}},"level":"debug","channel":"audit","format":"json"}"""));

    /// <summary>
    /// Whether this user may blocklist a client, which breaking a dead client's exclusive lock needs. The monitors are asked
    /// to blocklist what is no address: who may not is refused (EACCES), who may is told that it is none (EINVAL). All that
    /// is left of it is a line in the audit log.
    /// </summary>
    /// <param name="word">blocklist, or blacklist before Pacific.</param>
    /// <exception cref="CephException">ETIMEDOUT.</exception>
    public bool MayBlocklist(string word)
    {
        try
        {
            _connection.Rados.MonCommand($$"""{"prefix":"osd {{word}}","{{word}}op":"add","addr":"{{NoAddress}}"}""");
            return true;
        }
        catch (CephException e) when (e.Errno is Errno.Access or Errno.NotPermitted or Errno.Invalid)
        {
            return e.Errno == Errno.Invalid;
        }
    }

    /// <summary>Whether there is such a pool.</summary>
    /// <exception cref="CephException">ETIMEDOUT.</exception>
    public bool HasPool(string pool) => _connection.Rados.FindPool(pool) is not null;

    /// <summary>Reads the names of all images of a pool that is there.</summary>
    /// <exception cref="CephException">EPERM: not allowed; ETIMEDOUT: the OSDs do not answer.</exception>
    public IReadOnlyList<string> Images(string pool)
    {
        using RadosIoContext context = _connection.Rados.OpenPool(pool);
        return RbdImages.List(context);
    }

    /// <summary>
    /// Whether this user may write into a pool that is there: a lock that nobody has is given back on an object that is not
    /// there. OSDs look at the right first.
    /// </summary>
    /// <exception cref="CephException">ETIMEDOUT: the OSDs do not answer.</exception>
    public bool MayWrite(string pool)
    {
        using RadosIoContext context = _connection.Rados.OpenPool(pool);
        try
        {
            context.Unlock(NoObject, NoObject, NoObject);
            return true;
        }
        catch (CephException e) when (e.Errno is Errno.Access or Errno.NotPermitted)
        {
            return false;
        }
    }

    /// <summary>Begins to look at the images of a pool that is there, on threads of its own.</summary>
    public ImageSurvey Survey(string pool) => ImageSurvey.Begin(() => _connection.Rados.OpenPool(pool));
}
