using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// What calls answer while something is wrong: each answer is held to the same rules, and counted.
/// </summary>
internal sealed partial class Answers
{
    private const int KeyPart = 8;

    // What a busy machine adds to a call that ends at its deadline and the three seconds of its watchdog.
    private const int Slack = 5;

    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);

    /// <summary>Waits for a call's end beside the caller, so that its time is its own.</summary>
    /// <param name="driver">Who is called.</param>
    /// <param name="call">The call; it is disposed of.</param>
    /// <param name="seconds">The driver's timeoutSeconds.</param>
    /// <param name="verb">For what is counted.</param>
    /// <param name="image">What a failure has to name; null for a call that knows none.</param>
    public Task<Reply> Await(PublishedDriver driver, DriverProcess call, int seconds, string verb, string? image) => Task.Factory.StartNew(
        () =>
        {
            using (call)
            {
                Reply reply = call.Reply();
                Check(reply, driver.Key, seconds, verb, image);
                return reply;
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Holds an answer to the rules.</summary>
    public void Check(Reply reply, string key, int seconds, string verb, string? image)
    {
        _seen.AddOrUpdate($"{verb}: {Plain(reply)}", 1, (_, count) => count + 1);
        Assert.True(reply.Elapsed < Emulation.Limit(seconds + Slack), $"{verb} took {reply.Elapsed.TotalSeconds:0.0} s with a deadline of {seconds} s: {reply.Raw}");
        HasNoPartOf(key, reply.Raw);
        if (reply.Status == "Success")
        {
            return;
        }

        Assert.True(reply.Status == "Failure", reply.Raw);
        Assert.True(image is null || reply.Message.Contains(image, StringComparison.Ordinal), $"{image} is not named: {reply.Raw}");
        Assert.True(Remedy().IsMatch(reply.Message), $"it does not say what to do: {reply.Raw}");
    }

    /// <summary>No eight bytes of a key in a row are in a text.</summary>
    public static void HasNoPartOf(string key, string text)
    {
        for (int at = 0; at + KeyPart <= key.Length; at++)
        {
            // The first bytes of every key are alike: its type, and the time it was made.
            Assert.False(text.Contains(key.AsSpan(at, KeyPart), StringComparison.Ordinal), $"bytes {at} to {at + KeyPart - 1} of a key were shown");
        }
    }

    /// <summary>All that was answered, most often first.</summary>
    public void Tell()
    {
        foreach ((string answer, int count) in _seen.OrderByDescending(pair => pair.Value))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,5} x {answer}"));
        }
    }

    private static string Plain(Reply reply) =>
        reply.Status == "Success" ? "Success" : Names().Replace(Digits().Replace(reply.Message, "N"), "NAME");

    [GeneratedRegex(@"ceph -s|ceph osd|ceph auth|ceph df|rbd (status|info|feature|lock|rm)|cephrbd release|ps -C|Look at: |[Cc]heck |Correct |Create it|Compare with|Fetch it|line [0-9]+|Wait for|next call|tried again|umount |Raise |unmount it first|copy it from|did you mean|Grow it there|names no usable monitor \(mon_host\)|Put its content back|timeoutSeconds")]
    private static partial Regex Remedy();

    [GeneratedRegex("[0-9]+(\\.[0-9]+)?")]
    private static partial Regex Digits();

    [GeneratedRegex("test-[0-9a-zN]+-N|/tmp/[^ :,)\"]*")]
    private static partial Regex Names();
}
