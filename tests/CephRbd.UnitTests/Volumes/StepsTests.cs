using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public sealed class StepsTests : IDisposable
{
    private readonly Deadline _deadline = new(TimeSpan.FromHours(1));
    private readonly List<string> _said = [];

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public void A_step_gives_its_value_and_is_noted()
    {
        var steps = new Steps(_deadline, _said.Add);
        Assert.Equal(7, steps.Run("count", () => 7));
        Assert.Equal(["count"], steps.Done.Select(step => step.Name));
        Assert.Contains("count: done in", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public void Inside_a_step_the_deadline_knows_its_name_and_hint_and_afterwards_the_outer_ones()
    {
        var steps = new Steps(_deadline, null);
        steps.Run("outer", () =>
        {
            steps.Run("inner", () => Assert.Equal(("inner", "look there"), (_deadline.Step, _deadline.Hint)), "look there");
            steps.Run("plain", () => Assert.Equal(("plain", "look here"), (_deadline.Step, _deadline.Hint)));
            Assert.Equal(("outer", "look here"), (_deadline.Step, _deadline.Hint));
        }, "look here");
        Assert.Equal(("start", null), (_deadline.Step, _deadline.Hint));
        Assert.Equal(["inner", "plain", "outer"], steps.Done.Select(step => step.Name));
    }

    [Fact]
    public void A_failed_step_keeps_its_name_for_the_message()
    {
        var steps = new Steps(_deadline, _said.Add);
        Assert.Throws<VolumeException>(() => steps.Run("outer", () => steps.Run("inner", () => throw new VolumeException("x"))));
        Assert.Equal("inner", _deadline.Step);
        Assert.Equal(["inner", "outer"], steps.Done.Select(step => step.Name));
        Assert.All(_said, line => Assert.Contains(": failed in", line, StringComparison.Ordinal));
    }

    [Fact]
    public void No_step_begins_once_the_call_must_end()
    {
        var steps = new Steps(_deadline, null);
        _deadline.Stop("told so");
        bool ran = false;
        Assert.Throws<DeadlineException>(() => steps.Run("late", () => { ran = true; }));
        Assert.False(ran);
        Assert.Empty(steps.Done);
    }

    [Fact]
    public void A_note_is_told_and_is_no_step()
    {
        var steps = new Steps(_deadline, _said.Add);
        steps.Note("nothing to do");
        Assert.EndsWith(" ms  nothing to do", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Empty(steps.Done);
    }

    [Fact]
    public void A_warning_is_told_and_kept_for_the_log()
    {
        var steps = new Steps(_deadline, _said.Add);
        Assert.Empty(steps.Warnings);
        steps.Warn("it was not given back");
        Assert.EndsWith(" ms  it was not given back", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Equal("it was not given back", Assert.Single(steps.Warnings));
    }
}
