using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>The way into the cluster: whether it takes the key, and what the user may do there.</summary>
internal sealed class LoginChecks(DriverConfig config, ClusterSession session)
{
    private const string LoginName = "login";
    private const string CapsName = "caps";

    private string Entity => "client." + config.User;

    private string Wanted =>
        $"with the admin key: ceph auth get {Entity} (shows its caps); ceph auth caps {Entity} mon 'profile rbd' osd 'profile rbd pool={config.Pool}' (Jewel: mon 'allow r, allow command \"osd blacklist\"' osd 'allow class-read object_prefix rbd_children, allow rwx pool={config.Pool}')";

    /// <summary>The cluster takes the key.</summary>
    public Check Login => new(LoginName, $"the monitors that {config.ConfFile} names (mon_host), and name servers if it has names", deadline => [Look(deadline)]);

    /// <summary>The user may do what volumes need.</summary>
    public Check Caps => session.Check(CapsName, $"ceph auth get {Entity}; ceph -s", LookAtCaps);

    private Finding Look(Deadline deadline)
    {
        try
        {
            ClusterExam exam = session.Connect(deadline);
            string evidence = $"connected as {Entity} ({exam.KeySource}), cluster {exam.Fsid}";
            try
            {
                session.Map(deadline);
                return new Finding(LoginName, FindingState.Ok, evidence);
            }
            catch (Exception e) when (ClusterSession.IsSilence(e))
            {
                return new Finding(
                    LoginName, FindingState.Failed, $"{evidence}, but the monitors answer nothing then: they have no quorum, or stopped meanwhile",
                    "on a monitor's node: ceph --connect-timeout 5 quorum_status; ceph daemon mon.$(hostname -s) mon_status; systemctl status ceph-mon@$(hostname -s)");
            }
            catch (Exception e) when (e is CephException or VolumeException)
            {
                // What may not be asked or read is for the checks that ask it; the login itself is good.
                return new Finding(LoginName, FindingState.Ok, evidence);
            }
        }
        catch (NativeLibraryException)
        {
            return new Finding(LoginName, FindingState.Skipped, "Ceph's libraries cannot be used: see libraries");
        }
        catch (VolumeException e)
        {
            return new Finding(LoginName, FindingState.Skipped, $"not tried: {(File.Exists(config.ConfFile) ? $"{e.Message}: see keyring" : "see conf")}");
        }
        catch (NoAnswerException)
        {
            return Explain(Errno.TimedOut, "no end in time", config);
        }
        catch (CephException e)
        {
            return e.Call == "rados_conf_read_file"
                ? new Finding(LoginName, FindingState.Failed, $"librados cannot read {config.ConfFile}: {e.Message}", $"see conf; a last line without a line feed is refused by some releases: tail -c1 {config.ConfFile} | od -c")
                : Explain(e.Errno, e.Message, config);
        }
    }

    /// <summary>What a failed connect means.</summary>
    /// <param name="errno">The error.</param>
    /// <param name="words">librados' own.</param>
    /// <param name="config">The config.</param>
    internal static Finding Explain(int errno, string words, DriverConfig config)
    {
        string entity = "client." + config.User;
        (string evidence, string remedy) = errno switch
        {
            Errno.TimedOut => (
                $"no monitor answered {entity} within {ClusterSession.WaitSeconds} s", "see monitors; if they are reached: ceph --connect-timeout 5 -s on a monitor's node (no quorum?), and the clock of this node (timedatectl; cephx refuses tickets from hours away)"),
            Errno.Access or Errno.NotPermitted => (
                $"the cluster refused {entity}: its key is not the one the cluster has, or there is no such user, or it has no mon caps (the cluster does not tell which)",
                $"with the admin key: ceph auth get {entity}. The key differs: bring it here, mode 0600. ENOENT: ceph auth get-or-create {entity} mon 'profile rbd' osd 'profile rbd pool={config.Pool}'. No \"caps mon\": ceph auth caps {entity} mon 'profile rbd' osd 'profile rbd pool={config.Pool}'. Another cluster's ceph.conf: compare ceph fsid"),
            Errno.NoEntry => (
                $"{config.ConfFile} names no usable monitor (mon_host), or the cluster does not know {entity}", $"see conf; with the admin key: ceph auth get {entity}"),
            Errno.NotSupported => (
                $"client and cluster agree on no way to authenticate {entity}", $"compare auth_client_required in {config.ConfFile} with: ceph config get mon auth_client_required (Jewel: ceph.conf on a monitor's node)"),
            Errno.NotConnected or Errno.NoDevice => ($"the connection as {entity} failed", "see monitors"),
            _ => ($"cannot connect as {entity}", $"ceph --connect-timeout 5 -s --id {config.User} -c {config.ConfFile}"),
        };
        return new Finding(LoginName, FindingState.Failed, $"{evidence} [{words}]", remedy);
    }

    private IEnumerable<Finding> LookAtCaps(ClusterExam exam, Deadline deadline)
    {
        List<string> may = [];
        List<string> mayNot = [];
        string? unknown = null;
        string word = "blocklist";
        try
        {
            word = session.Map(deadline).Blocklist;
            may.Add("read the monitors' maps");
        }
        catch (CephException e) when (e.Errno is Errno.Access or Errno.NotPermitted)
        {
            mayNot.Add("read the monitors' maps (mon: allow r)");
        }

        (ClusterSession.Ask($"osd {word}", deadline, () => exam.MayBlocklist(word)) ? may : mayNot).Add($"{word} a client that is gone");
        if (ClusterSession.Ask("the pool's id", deadline, () => exam.HasPool(config.Pool)))
        {
            unknown = LookAtPool(exam, deadline, may, mayNot);
        }
        else
        {
            unknown = "see pool";
        }

        string rest = unknown is null ? "" : $"; what it may do in pool {config.Pool} is not known: {unknown}";
        if (mayNot.Count == 0)
        {
            yield return new Finding(CapsName, FindingState.Ok, $"{Entity} may {string.Join(", ", may)}{rest}");
            yield break;
        }

        // Only whoever breaks a dead client's lock blocklists it: volumes work until then.
        bool onlyBlocklist = mayNot.Count == 1 && mayNot[0].StartsWith(word, StringComparison.Ordinal);
        yield return new Finding(
            CapsName, onlyBlocklist ? FindingState.Warning : FindingState.Failed,
            $"{Entity} may not {string.Join(", nor ", mayNot)}{(onlyBlocklist ? ": an image whose last user died keeps its exclusive lock" : "")}{(may.Count > 0 ? $"; it may {string.Join(", ", may)}" : "")}{rest}",
            Wanted);
    }

    private string? LookAtPool(ClusterExam exam, Deadline deadline, List<string> may, List<string> mayNot)
    {
        try
        {
            ClusterSession.Ask("the list of images", deadline, () => exam.Images(config.Pool));
            may.Add($"list images of pool {config.Pool}");
        }
        catch (CephException e) when (e.Errno is Errno.Access or Errno.NotPermitted)
        {
            mayNot.Add($"list images of pool {config.Pool}");
        }
        catch (Exception e) when (ClusterSession.IsSilence(e))
        {
            return "the OSDs do not answer, see osds";
        }

        try
        {
            (ClusterSession.Ask("the right to write", deadline, () => exam.MayWrite(config.Pool)) ? may : mayNot).Add($"write to pool {config.Pool}");
            return null;
        }
        catch (Exception e) when (ClusterSession.IsSilence(e))
        {
            return "the OSDs do not answer, see osds";
        }
    }
}
