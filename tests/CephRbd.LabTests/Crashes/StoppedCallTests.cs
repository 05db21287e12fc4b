using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Crashes;

/// <summary>A call that stands still is not a dead one: what it has locked stays its own.</summary>
public sealed class StoppedCallTests(LabFixture lab) : DriverTest(lab)
{
    [Fact]
    public void a_call_that_was_stopped_while_it_formats_is_waited_for_and_not_taken_for_dead()
    {
        string image = CreateImage(64 * MiB, 61);
        using var holds = new ManualResetEventSlim();
        using DriverProcess stopped = Driver.Start(
            (self, line) =>
            {
                if (!holds.IsSet && line.Contains("take the format lock: done", StringComparison.Ordinal))
                {
                    self.Signal(Mounted.Stop);
                    holds.Set();
                }
            },
            ["--verbose", "attach", Volume.Options(image)]);
        try
        {
            Assert.True(holds.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "the call did not come to take the lock");
            PublishedDriver other = NewDriver().With("timeoutSeconds", 12);
            other.Fail(["attach", Volume.Options(image)], Spec(image), "another call prepares it");
        }
        finally
        {
            stopped.Signal(Mounted.Continue);
        }

        (_, string said) = stopped.Wait();
        Assert.Contains("\"status\":\"Success\"", said, StringComparison.Ordinal);
        CheckFileSystem(Export(image), "ext4");
    }
}
