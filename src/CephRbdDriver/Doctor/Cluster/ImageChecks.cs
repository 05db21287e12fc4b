using System.Globalization;
using System.Net;
using CephRbd.Driver.Ceph;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Status;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>What former users left on the pool's images.</summary>
internal sealed class ImageChecks(DriverConfig config, ClusterSession session)
{
    private const string WatchersName = "watchers";
    private const string ReservationsName = "reservations";
    private const int MostNamed = 10;

    // mkfs of a large image into a slow cluster: no call has longer.
    private static readonly TimeSpan _longFormat = TimeSpan.FromMinutes(10);

    /// <summary>No client of this node has an image open that no pod here uses.</summary>
    public Check Watchers => session.Check(WatchersName, $"rbd status {config.Pool}/IMAGE for each image", LookAtWatchers);

    /// <summary>No format was begun and not finished.</summary>
    public Check Reservations => session.Check(ReservationsName, $"rbd image-meta ls {config.Pool}/IMAGE for each image", LookAtReservations);

    private IEnumerable<Finding> LookAtWatchers(ClusterExam exam, Deadline deadline)
    {
        if (NoPool(exam, deadline, WatchersName) is { } missing)
        {
            return [missing];
        }

        HashSet<string> used = [.. InUseHere(deadline)];
        return [JudgeWatchers(session.Survey(deadline), config.Pool, OwnAddresses.Read(), used, (long)exam.ClientId)];
    }

    private IEnumerable<Finding> LookAtReservations(ClusterExam exam, Deadline deadline) =>
        NoPool(exam, deadline, ReservationsName) is { } missing
            ? [missing]
            :
            [
                JudgeReservations(session.Survey(deadline), config.Pool, DateTimeOffset.UtcNow),
                .. JudgeWriters(session.Survey(deadline), config.Pool, ThisNode.Itself(config), new HashSet<string>(InUseHere(deadline))),
            ];

    /// <summary>Judges who has images open.</summary>
    /// <param name="pool">What was seen.</param>
    /// <param name="name">The pool's name.</param>
    /// <param name="own">This node's addresses.</param>
    /// <param name="used">The images that are mapped or tagged here.</param>
    /// <param name="self">This call's own client.</param>
    internal static Finding JudgeWatchers(SurveyedPool pool, string name, IReadOnlySet<IPAddress> own, IReadOnlySet<string> used, long self)
    {
        if (pool.Total is null)
        {
            return Unlisted(WatchersName);
        }

        if (pool.Images.Count > 0 && pool.Images.All(image => image.Watchers is null))
        {
            return new Finding(WatchersName, FindingState.Skipped, $"this node's librbd cannot tell who has an image open (Ceph 13.2 and newer can). By hand: rbd status {name}/IMAGE");
        }

        var stale = pool.Images.Where(image => !used.Contains($"{name}/{image.Name}")).SelectMany(image => (image.Watchers ?? [])
            .Where(watcher => watcher.Client != self && IPAddress.TryParse(BlockedClient.HostOf(watcher.Address), out IPAddress? host) && own.Contains(host))
            .Select(watcher => (image.Name, Watcher: watcher))).ToArray();
        string looked = Looked(pool, name);
        if (stale.Length == 0)
        {
            return pool.Broken.Count == 0
                ? new Finding(WatchersName, FindingState.Ok, $"{looked}; none is open on this node without a volume here")
                : new Finding(
                    WatchersName, FindingState.Warning, $"{looked}; {ClusterSession.Number(pool.Broken.Count)} cannot be opened: {string.Join(", ", pool.Broken.Take(MostNamed).Select(image => $"{image.Name} ({image.Why})"))}",
                    $"rbd info {name}/{pool.Broken[0].Name}; ceph health detail");
        }

        string list = string.Join(", ", stale.Take(MostNamed).Select(found => string.Create(
            CultureInfo.InvariantCulture, $"{name}/{found.Name} by client.{found.Watcher.Client} at {found.Watcher.Address}")));
        return new Finding(
            WatchersName, FindingState.Warning,
            $"{looked}; {ClusterSession.Number(stale.Length)} open on this node though nothing here is mapped or tagged for it: {list}{(stale.Length > MostNamed ? " …" : "")}",
            $"which process: ss -tnp | grep -E '6789|3300|:68'; a VM that outlived its pod: ps -C qemu-system-aarch64,qemu-system-x86_64 -o pid,args | grep {stale[0].Name}; one that died ends by itself within 30 s: rbd status {name}/{stale[0].Name}. Only if it surely runs no more and stays: ceph osd blocklist add {stale[0].Watcher.Address} (Jewel: blacklist)");
    }

    /// <summary>Judges marks and locks of formats.</summary>
    /// <param name="pool">What was seen.</param>
    /// <param name="name">The pool's name.</param>
    /// <param name="now">The time.</param>
    internal static Finding JudgeReservations(SurveyedPool pool, string name, DateTimeOffset now)
    {
        if (pool.Total is null)
        {
            return Unlisted(ReservationsName);
        }

        string looked = Looked(pool, name);
        SurveyedImage[] left = [.. pool.Images.Where(image => image.Mark is { } mark
            && !image.Claims.Any(claim => !claim.IsGone) && (mark.Since is not { } since || now - since > _longFormat))];
        string[] working = [.. pool.Images.SelectMany(image => image.Claims.Select(claim =>
            $"{image.Name} by {claim.Node}{(claim.Pid > 0 ? $" pid {ClusterSession.Number(claim.Pid)}" : "")} at {claim.Address}{(claim.IsGone ? ", which runs no more: its lock ends by itself within a minute or two" : "")}"))];
        string underWay = working.Length == 0 ? "" : $"; being prepared: {string.Join(", ", working.Take(MostNamed))}";
        return left.Length == 0
            ? new Finding(ReservationsName, FindingState.Ok, $"{looked}; no format was left unfinished{underWay}")
            : new Finding(
                ReservationsName, FindingState.Warning,
                $"{looked}; {ClusterSession.Number(left.Length)} with a format that was begun and not finished: {string.Join(", ", left.Take(MostNamed).Select(Words))}{underWay}",
                $"the next mount formats it anew, nothing in it is lost: start its pod. If nobody needs it: rbd rm {name}/{left[0].Name}. A mark that is not cephrbd's: rbd image-meta get {name}/{left[0].Name} cephrbd.format");
    }

    /// <summary>Judges which images this node was given for writing.</summary>
    /// <param name="pool">What was seen.</param>
    /// <param name="name">The pool's name.</param>
    /// <param name="node">This node.</param>
    /// <param name="used">The images that are mapped or tagged here.</param>
    /// <returns>Nothing when each that it was given is used, and each that it uses is its own.</returns>
    internal static IEnumerable<Finding> JudgeWriters(SurveyedPool pool, string name, Writer node, IReadOnlySet<string> used)
    {
        SurveyedImage[] taken = [.. pool.Images.Where(image => image.GivenTo?.IsNodeOf(node) == false && used.Contains($"{name}/{image.Name}"))];
        if (taken.Length > 0)
        {
            yield return new Finding(
                ReservationsName, FindingState.Warning,
                $"{ClusterSession.Number(taken.Length)} with a volume here were given to other nodes for writing: {string.Join(", ", taken.Take(MostNamed).Select(image => $"{image.Name} to {image.GivenTo}"))}",
                $"volumes that are only read are fine. What writes here was shut out when the other node took the image over: delete its pod on this node; see cephrbd release {name}/{taken[0].Name}");
        }

        SurveyedImage[] kept = [.. pool.Images.Where(image => !image.OutlastsUse && image.GivenTo?.IsNodeOf(node) == true && !used.Contains($"{name}/{image.Name}") && image.Watchers is not { Count: > 0 })];
        if (kept.Length > 0)
        {
            yield return new Finding(
                ReservationsName, FindingState.Warning,
                $"{ClusterSession.Number(kept.Length)} given to this node for writing, and nothing here uses them: {string.Join(", ", kept.Take(MostNamed).Select(image => $"{image.Name} to {image.GivenTo}"))}. The cluster was away when they were unmounted, or the node was started anew",
                $"the next mount on this node takes them as they are, on another one once their time is over. For one without the feature exclusive-lock: cephrbd release {name}/{kept[0].Name}");
        }
    }

    private static string Words(SurveyedImage image) => image.Mark switch
    {
        { Since: { } since } mark => string.Create(CultureInfo.InvariantCulture, $"{image.Name} ({mark.FileSystem}, by {mark.Node} since {since.UtcDateTime:yyyy-MM-dd HH:mm} UTC)"),
        _ => $"{image.Name} (a mark that cannot be read)",
    };

    private static string Looked(SurveyedPool pool, string name)
    {
        int looked = pool.Images.Count + pool.Broken.Count;
        int total = pool.Total ?? 0;
        return looked >= Math.Min(total, ImageSurvey.MostImages) && total <= ImageSurvey.MostImages
            ? $"{ClusterSession.Number(total)} images in {name}"
            : $"{ClusterSession.Number(looked)} of {ClusterSession.Number(total)} images in {name} looked at, the rest is cut off";
    }

    private static Finding Unlisted(string check) => new(check, FindingState.Skipped, "the pool's list of images did not come in time: see osds, pool");

    private Finding? NoPool(ClusterExam exam, Deadline deadline, string check) =>
        ClusterSession.Ask("the pool's id", deadline, () => exam.HasPool(config.Pool)) ? null : new Finding(check, FindingState.Skipped, $"there is no pool {config.Pool}: see pool");

    private IEnumerable<string> InUseHere(Deadline deadline)
    {
        var steps = new Steps(deadline, narrate: null);
        NodeState state = new StateReader(config, new Mappers(config, steps), new CephImages(config, steps).FsidFromConf).Read();
        return VolumeList.Of(state).Select(volume => volume.Image).OfType<ImageIdentity>().Select(image => (image with { Snapshot = null }).ImageSpec);
    }
}
