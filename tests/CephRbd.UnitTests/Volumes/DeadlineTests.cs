using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class DeadlineTests
{
    [Fact]
    public void Within_its_time_it_lets_the_call_go_on()
    {
        using var deadline = new Deadline(TimeSpan.FromHours(1));
        deadline.Check();
        Assert.Null(deadline.StopReason);
        Assert.False(deadline.Token.IsCancellationRequested);
        Assert.InRange(deadline.Remaining, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
    }

    [Fact]
    public void After_its_time_the_check_ends_the_call_and_sets_the_token()
    {
        using var deadline = new Deadline(TimeSpan.Zero) { Step = "connect", Hint = "the monitors" };
        var e = Assert.Throws<DeadlineException>(deadline.Check);
        Assert.Equal("no end within 0 s (timeoutSeconds in the config); it was at: connect. Look at: the monitors", e.Message);
        Assert.True(deadline.Token.IsCancellationRequested);
        Assert.Equal(deadline.ExpiryReason, deadline.StopReason);
        Assert.Equal(TimeSpan.Zero, deadline.Remaining);
    }

    [Fact]
    public void Told_to_stop_it_gives_that_reason_and_keeps_the_first()
    {
        using var deadline = new Deadline(TimeSpan.FromHours(1)) { Step = "mkfs" };
        deadline.Stop("stopped by SIGTERM");
        deadline.Stop("stopped by SIGINT");
        Assert.True(deadline.Token.IsCancellationRequested);
        Assert.Equal("stopped by SIGTERM; it was at: mkfs", Assert.Throws<DeadlineException>(deadline.Check).Message);
    }

    [Theory]
    [InlineData(60.0, "60 s")]
    [InlineData(2.5, "2.5 s")]
    public void The_expiry_names_the_limit(double seconds, string words)
    {
        using var deadline = new Deadline(TimeSpan.FromSeconds(seconds));
        Assert.Contains($"within {words} ", deadline.Describe(), StringComparison.Ordinal);
    }
}
