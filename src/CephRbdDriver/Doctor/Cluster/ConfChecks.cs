using CephRbd.Driver.Ceph.Conf;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>ceph.conf: where the monitors are.</summary>
internal sealed class ConfChecks(DriverConfig config)
{
    private const string Name = "conf";

    /// <summary>It is there, and tells the monitors.</summary>
    public Check Conf => new(Name, $"the disk of {config.ConfFile}: dmesg", _ => Look());

    private List<Finding> Look()
    {
        string file = config.ConfFile;
        string copy = $"copy it from a monitor's node: scp MONITOR:/etc/ceph/ceph.conf {file}; or from there: /usr/share/cephrbd/ceph/4_distribute_conf.sh {Environment.MachineName}";
        string text;
        UnixFileMode mode;
        try
        {
            text = File.ReadAllText(file);
            mode = File.GetUnixFileMode(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [new Finding(Name, FindingState.Failed, $"there is no {file}", copy)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [new Finding(Name, FindingState.Failed, $"{file} cannot be read: {e.Message}", $"ls -l {file}; {copy}")];
        }

        List<Finding> findings = [Judge(text, file, "client." + config.User, copy)];
        if ((mode & (UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)) != 0)
        {
            findings.Add(new Finding(
                Name, FindingState.Warning, $"{file} can be written by others than its owner (mode {KeyringChecks.Octal(mode)}): who can could send volumes to another cluster",
                $"chmod 0644 {file}"));
        }

        return findings;
    }

    /// <summary>Judges its text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The file's path.</param>
    /// <param name="entity">The user with its type.</param>
    /// <param name="copy">How to get a good one.</param>
    internal static Finding Judge(string text, string file, string entity, string copy)
    {
        try
        {
            var conf = CephConf.Parse(text);
            string? fsid = conf.Get(entity, "fsid");
            string id = fsid is null ? "it names no fsid, which a client can do without" : $"fsid {fsid}";
            if (fsid is not null && !Guid.TryParse(fsid, out _))
            {
                return new Finding(Name, FindingState.Warning, $"{file}: its fsid {Shown.Quote(fsid)} is no UUID, so what is mapped is not known by its cluster", "compare it with: ceph fsid");
            }

            if (conf.Get(entity, "mon_host") is not { Length: > 0 } monHost)
            {
                return IniReader.Read(text, "ceph.conf", out _).Exists(setting => setting.Section.StartsWith("mon.", StringComparison.Ordinal) && setting.Key == "mon_addr")
                    ? new Finding(Name, FindingState.Warning, $"{file} tells the monitors by \"mon addr\" in sections of their own, which clients since Nautilus do not read; {id}", "add a line below [global]: mon_host = IP,IP,… (ceph mon dump shows them)")
                    : new Finding(Name, FindingState.Failed, $"{file} has no mon_host: nobody knows where the monitors are", $"add a line below [global]: mon_host = IP,IP,… (ceph mon dump on a monitor's node shows them); or {copy}");
            }

            int monitors = MonHost.Parse(monHost).Count;
            return monitors == 0
                ? new Finding(Name, FindingState.Failed, $"{file}: its mon_host is empty", copy)
                : new Finding(Name, FindingState.Ok, $"{file}: {ClusterSession.Number(monitors)} {(monitors == 1 ? "monitor" : "monitors")} (mon_host: {monHost}), {id}");
        }
        catch (VolumeException e)
        {
            return new Finding(Name, FindingState.Failed, $"{file}: {e.Message}", $"correct it, or {copy}");
        }
    }
}
