using System.Collections.Concurrent;
using System.Globalization;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Status;

/// <summary>
/// Asks the clusters about volumes: by one connection for all volumes of one cluster, user and key, and for no longer
/// than it takes a person to lose patience. Who does not answer holds up nobody else.
/// </summary>
/// <param name="imagesWithin">Makes what asks a cluster, within a deadline of its own.</param>
/// <param name="defaultUser">The Ceph user of volumes that name none.</param>
internal sealed class ClusterLooks(Func<Deadline, IImages> imagesWithin, string defaultUser)
{
    private const int MostAtOnce = 8;

    /// <summary>Adds to each volume what its cluster tells of it.</summary>
    /// <param name="volumes">The volumes.</param>
    /// <param name="patience">How long all this may take. What is still under way then goes on until the process ends.</param>
    public IReadOnlyList<VolumeStatus> Add(IReadOnlyList<VolumeStatus> volumes, TimeSpan patience)
    {
        var groups = new ConcurrentQueue<int[]>(Enumerable.Range(0, volumes.Count)
            .Where(i => volumes[i] is { Ask: not null, Look: null })
            .GroupBy(i => (volumes[i].Ask!.Cluster, volumes[i].Ask!.User ?? defaultUser, volumes[i].Ask!.Key))
            .Select(group => group.ToArray()));
        var looks = new ConcurrentDictionary<int, ImageLook>();
        Task[] workers =
        [
            .. Enumerable.Range(0, Math.Min(MostAtOnce, groups.Count)).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    while (groups.TryDequeue(out int[]? group))
                    {
                        Ask(group, volumes, looks, patience);
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        Task.WaitAll(workers, patience);
        var late = new ImageLook(Facts: null, string.Create(CultureInfo.InvariantCulture, $"the cluster did not answer within {patience.TotalSeconds:0.#} s. Check ceph -s on a monitor's node: monitors, OSDs and placement groups; and this node's network to them"));
        return [.. volumes.Select((volume, i) => volume is { Ask: not null, Look: null } ? volume with { Look = looks.GetValueOrDefault(i, late) } : volume)];
    }

    private void Ask(int[] group, IReadOnlyList<VolumeStatus> volumes, ConcurrentDictionary<int, ImageLook> looks, TimeSpan patience)
    {
        VolumeSpec[] specs = [.. group.Select(i => volumes[i].Ask!)];
        using var deadline = new Deadline(patience);
        try
        {
            imagesWithin(deadline).LookAt(specs, (i, look) => looks[group[i]] = Clean(look, specs[i]));
        }
        catch (VolumeException e)
        {
            foreach (int i in group)
            {
                looks.TryAdd(i, new ImageLook(Facts: null, Words(e.Message, specs[0])));
            }
        }
    }

    private static ImageLook Clean(ImageLook look, VolumeSpec spec) => look with
    {
        Problem = Words(look.Problem, spec),
        Facts = look.Facts is { } facts ? facts with { WatchersUnknown = Words(facts.WatchersUnknown, spec) } : null,
    };

    // What is said of a cluster stands under each of its images; and what was read of a tag never leaves.
    private static string? Words(string? message, VolumeSpec spec)
    {
        if (message is null)
        {
            return null;
        }

        string prefix = $"image {spec.ImageSpec}: ";
        string words = message.StartsWith(prefix, StringComparison.Ordinal) ? message[prefix.Length..] : message;
        words = string.Join(' ', words.Split(['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return spec.Key is { } key ? Redactor.Redact(words, key) : Redactor.Redact(words);
    }
}
