using System.Globalization;
using CephRbd.Driver.Ceph.Exam;
using CephRbd.Driver.Config;
using CephRbd.Driver.Volumes;
using CephRbd.Native;

namespace CephRbd.Driver.Doctor.Cluster;

/// <summary>An answer did not come in the time that a check has.</summary>
internal sealed class NoAnswerException(string what) : Exception($"no answer to {what} in time");

/// <summary>
/// The one connection of all checks, and what they ask by it: each question is asked once, by whoever needs it first.
/// Who waits for one that does not come holds up nobody else.
/// </summary>
internal sealed class ClusterSession
{
    /// <summary>How long the cluster is waited for, to connect and for each answer: two of these are less than the checks' patience.</summary>
    public const int WaitSeconds = 3;

    // What is left of a check's time to say what has been seen.
    private static readonly TimeSpan _reserve = TimeSpan.FromSeconds(0.7);

    private readonly DriverConfig _config;
    private readonly Lazy<Task<ClusterExam>> _login;
    private readonly Lazy<Task<OsdMap>> _osdMap;
    private readonly Lazy<Task<IReadOnlyDictionary<long, string>>> _hosts;
    private readonly Lazy<Task<ClusterHealth>> _health;
    private readonly Lazy<Task<ClusterStatus>> _status;
    private readonly Lazy<Task<ImageSurvey>> _survey;

    /// <param name="config">The config, with pool and user in force.</param>
    public ClusterSession(DriverConfig config)
    {
        _config = config;
        _login = Once(() => ClusterExam.Open(config, WaitSeconds));
        _osdMap = Asked(exam => OsdMap.Parse(exam.Ask("osd dump")));
        _hosts = Asked(exam => OsdMap.Hosts(exam.Ask("osd tree")));
        _health = Asked(exam => ClusterHealth.Parse(exam.AskHealth()));
        _status = Asked(exam => ClusterStatus.Parse(exam.Ask("status")));
        _survey = Asked(exam => exam.Survey(config.Pool));
    }

    /// <summary>A check that needs the connection. Where another one tells already why it cannot be made, it is skipped.</summary>
    /// <param name="name">The check's name.</param>
    /// <param name="hint">What to look at when it hangs.</param>
    /// <param name="look">Looks.</param>
    public Check Check(string name, string hint, Func<ClusterExam, Deadline, IEnumerable<Finding>> look) => new(name, hint, deadline =>
    {
        ClusterExam exam;
        try
        {
            exam = Connect(deadline);
        }
        catch (Exception e) when (e is CephException or VolumeException or NativeLibraryException or NoAnswerException)
        {
            return [new Finding(name, FindingState.Skipped, "not logged in: see login")];
        }

        try
        {
            return [.. look(exam, deadline)];
        }
        catch (CephException e) when (e.Errno is Errno.Access or Errno.NotPermitted)
        {
            return [new Finding(name, FindingState.Skipped, $"client.{_config.User} may not ask for it ({e.Message}): see caps")];
        }
        catch (CephException e) when (e.Errno == Errno.ShutDown)
        {
            return [new Finding(name, FindingState.Skipped, "the OSDs refuse this node: see blocklisted")];
        }
        catch (Exception e) when (IsSilence(e))
        {
            return [new Finding(name, FindingState.Skipped, $"{e.Message}: see login, caps, osds")];
        }
        catch (Exception e) when (e is CephException or VolumeException)
        {
            return [new Finding(name, FindingState.Warning, $"not looked at: {e.Message}", hint)];
        }
    });

    /// <summary>Waits for the connection.</summary>
    /// <exception cref="CephException">The cluster refused or did not answer.</exception>
    /// <exception cref="VolumeException">Conf or key are unusable.</exception>
    /// <exception cref="NativeLibraryException">The libraries are missing.</exception>
    /// <exception cref="NoAnswerException">It takes longer than there is time.</exception>
    public ClusterExam Connect(Deadline deadline) => Wait(_login, "the login", deadline);

    /// <summary>What the monitors know of OSDs and pools.</summary>
    public OsdMap Map(Deadline deadline) => Wait(_osdMap, "osd dump", deadline);

    /// <summary>The host of each OSD; empty when nobody tells.</summary>
    public IReadOnlyDictionary<long, string> Hosts(Deadline deadline)
    {
        try
        {
            return Wait(_hosts, "osd tree", deadline);
        }
        catch (Exception e) when (e is CephException or VolumeException or NoAnswerException)
        {
            // Only names to find the OSDs by: their addresses are told anyway.
            return new Dictionary<long, string>();
        }
    }

    /// <summary>What the cluster says of its health.</summary>
    public ClusterHealth Health(Deadline deadline) => Wait(_health, "health detail", deadline);

    /// <summary>Its placement groups.</summary>
    public ClusterStatus Status(Deadline deadline) => Wait(_status, "status", deadline);

    /// <summary>The images of the pool, as many as could be looked at in time. The pool must be there.</summary>
    public SurveyedPool Survey(Deadline deadline) => Wait(_survey, "the list of images", deadline).Wait(Left(deadline));

    /// <summary>Any other question, on a thread of its own.</summary>
    /// <param name="what">What is asked, for messages.</param>
    /// <param name="deadline">The check's.</param>
    /// <param name="question">The question.</param>
    public static T Ask<T>(string what, Deadline deadline, Func<T> question) => Wait(Once(question), what, deadline);

    /// <summary>Whether the failure is that no answer came.</summary>
    public static bool IsSilence(Exception e) => e is NoAnswerException or CephException { Errno: Errno.TimedOut };

    /// <summary>How long a check may still wait.</summary>
    public static TimeSpan Left(Deadline deadline) => deadline.Remaining > _reserve ? deadline.Remaining - _reserve : TimeSpan.Zero;

    /// <summary>A number, as messages have it.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private Lazy<Task<T>> Asked<T>(Func<ClusterExam, T> question) => Once(() => question(_login.Value.GetAwaiter().GetResult()));

    private static Lazy<Task<T>> Once<T>(Func<T> question) => new(() => Task.Factory.StartNew(
        question, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    private static T Wait<T>(Lazy<Task<T>> question, string what, Deadline deadline)
    {
        Task<T> task = question.Value;
        if (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(Left(deadline)))
        {
            throw new NoAnswerException(what);
        }

        return task.GetAwaiter().GetResult();
    }
}
