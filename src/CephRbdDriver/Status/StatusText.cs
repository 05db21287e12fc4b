using System.Globalization;
using System.Text;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Status;

/// <summary>The status for people: a block for each volume, and then what is not right.</summary>
internal static class StatusText
{
    private static readonly string[] _units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>The whole text.</summary>
    public static string Write(StatusReport report)
    {
        var text = new StringBuilder();
        text.Append(Shown.Printable(report.Node)).Append(": runtime ").Append(Word(report.Runtime))
            .Append(", ").Append(Count(report.Volumes.Count, "volume"))
            .Append(", ").Append(report.Problems.Count == 0 ? "no problem" : Count(report.Problems.Count, "problem")).Append('\n');
        foreach (VolumeStatus volume in report.Volumes)
        {
            text.Append('\n').Append(Shown.Printable(volume.ImageName)).Append(volume.Cluster is null ? "" : $" in cluster {Shown.Printable(volume.Cluster)}").Append('\n');
            foreach ((string label, string value) in Lines(volume))
            {
                text.Append(CultureInfo.InvariantCulture, $"  {label,-9} {Shown.Printable(value)}").Append('\n');
            }
        }

        if (report.Problems.Count > 0)
        {
            text.Append("\nNot right:\n");
            foreach (Problem problem in report.Problems)
            {
                string about = problem.Image is null || problem.Text.Contains(problem.Image, StringComparison.Ordinal) ? "" : problem.Image + ": ";
                text.Append("  - ").Append(Shown.Printable(about + problem.Text)).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>A size to read at a glance, rounded: <c>9.7 GiB</c>.</summary>
    public static string Rounded(ulong bytes)
    {
        int unit = 0;
        double amount = bytes;
        for (; amount >= 1024 && unit < _units.Length; unit++)
        {
            amount /= 1024;
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(CultureInfo.InvariantCulture, $"{amount:0.#} {_units[unit - 1]}");
    }

    private static IEnumerable<(string Label, string Value)> Lines(VolumeStatus volume)
    {
        string access = volume.ReadOnly ? ", read-only" : "";
        yield return volume.Runtime == RuntimeKind.Hyper
            ? ("for", "VMs (runtime hyper)" + access)
            : ("device", volume.Device is null ? "not mapped" : volume.Mapper is { } mapper ? $"{volume.Device} ({Word(mapper)}){access}" : $"{volume.Device} (gone)");
        ulong? size = volume.SizeBytes ?? volume.Look?.Facts?.SizeBytes;
        yield return ("size", (size is { } known ? Rounded(known) : "unknown") + (volume.FsType is { } type ? ", " + type : "") + Use(volume.Use));
        if (volume.Stage is not null)
        {
            yield return ("stage", volume.Stage);
        }

        foreach (PodUse pod in volume.Pods)
        {
            yield return ("pod", Words(pod));
            yield return ("", pod.Path);
        }

        foreach (string place in volume.OtherMounts)
        {
            yield return ("mount", place);
        }

        foreach (string name in volume.Attached)
        {
            yield return ("attached", "as " + name);
        }

        if (volume.HeldBy is not null)
        {
            yield return ("held", volume.HeldBy);
        }

        if (volume.Look?.Facts is { GivenTo: { } writer } given)
        {
            yield return ("writer", string.Create(CultureInfo.InvariantCulture, $"{writer}, since {given.GivenSince?.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"));
        }

        foreach (string watcher in Watchers(volume.Look))
        {
            yield return ("watcher", watcher);
        }
    }

    private static string Words(PodUse pod)
    {
        string name = pod.Name is null ? pod.Uid ?? "unknown" : $"{pod.Namespace ?? "default"}/{pod.Name}{(pod.Uid is null ? "" : $" ({pod.Uid})")}";
        return name + (pod.Volume is null ? "" : $", volume {pod.Volume}") + (pod.ReadOnly ? ", read-only" : "");
    }

    private static string Use(FileSystemUse? use)
    {
        // As df counts it: what is kept for root is neither used nor to be had.
        return use is not { } told || told.UsedBytes + told.AvailableBytes == 0
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $": {Rounded(told.UsedBytes)} used, {Rounded(told.AvailableBytes)} free ({Math.Ceiling(100.0 * told.UsedBytes / (told.UsedBytes + told.AvailableBytes)):0} %)");
    }

    private static IEnumerable<string> Watchers(ImageLook? look) => look switch
    {
        null => ["not asked"],
        { Problem: not null } => ["unknown: the cluster could not be asked"],
        { IsGone: true } => ["the cluster has no such image"],
        { Facts.Watchers: { Count: > 0 } watchers } => watchers,
        { Facts.Watchers: not null } => ["none"],
        { Facts.WatchersUnknown: { } why } => [$"unknown: {why}"],
        _ => ["not asked"],
    };

    private static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Word(RuntimeKind runtime) => runtime == RuntimeKind.Host ? "host" : "hyper";

    private static string Word(MapperKind mapper) => mapper == MapperKind.Nbd ? "rbd-nbd" : "krbd";
}
