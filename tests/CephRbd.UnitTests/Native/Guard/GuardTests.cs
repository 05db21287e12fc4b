using CephRbd.Native.Guard;

namespace CephRbd.UnitTests.Native.Guard;

/// <summary>guard.c, compiled with a small program that goes wrong in every way.</summary>
public sealed class GuardTests(GuardTests.Program program) : IClassFixture<GuardTests.Program>
{
    [Theory]
    [InlineData("abort")]
    [InlineData("segv")]
    [InlineData("bus")]
    [InlineData("trap")]
    [InlineData("fpe")]
    [InlineData("exit")]
    [InlineData("overflow")]
    [InlineData("thread-abort")]
    [InlineData("thread-segv")]
    [InlineData("thread-exit")]
    [InlineData("thread-overflow")]
    public void An_end_that_nobody_planned_writes_the_armed_reply_and_exits_0(string how)
        => Assert.Equal((0, "first\n"), program.Run(how));

    [Fact]
    public void The_reply_armed_last_counts() => Assert.Equal((0, "third\n"), program.Run("rearmed"));

    [Fact]
    public void A_command_for_people_ends_with_a_status_of_its_own() => Assert.Equal((2, "words\n"), program.Run("with-status"));

    [Fact]
    public void A_reply_that_is_too_long_leaves_the_one_before() => Assert.Equal((0, "first\n"), program.Run("too-long"));

    [Theory]
    [InlineData("unarmed-abort", 134)]
    [InlineData("unarmed-exit", 3)]
    [InlineData("disarmed", 134)]
    public void Without_a_reply_the_end_is_the_usual_one(string how, int status)
        => Assert.Equal((status, ""), program.Run(how));

    [Theory]
    [InlineData("claimed-then-abort", "mine\n")]
    [InlineData("claimed-then-exit", "mine\n")]
    [InlineData("claimed-twice", "once\n")]
    public void After_a_claim_the_guard_adds_nothing_and_still_exits_0(string how, string output)
        => Assert.Equal((0, output), program.Run(how));

    [Fact]
    public void A_crash_of_another_thread_waits_for_a_reply_being_written()
        => Assert.Equal((0, "mine\n"), program.Run("crash-while-writing"));

    [Fact]
    public void Under_the_JIT_a_claim_is_given_once_and_arming_is_harmless()
    {
        Assert.False(CrashGuard.IsLinked);
        CrashGuard.Disarm();
        CrashGuard.CoverThread();
        CrashGuard.Arm(1, "unused"u8);
        try
        {
            Assert.True(CrashGuard.TryClaim());
            Assert.False(CrashGuard.TryClaim());
            CrashGuard.Written();
        }
        finally
        {
            CrashGuard.Disarm();
        }
    }

    [Fact]
    public void A_reply_longer_than_the_guards_buffer_is_refused()
        => Assert.Throws<ArgumentException>(() => CrashGuard.Arm(1, new byte[CrashGuard.MaxReply + 1]));

    public sealed class Program : IDisposable
    {
        private readonly CProgram _program = new("guard.c", "guard_scenarios.c");

        public (int Status, string Output) Run(string how)
        {
            var (status, output, error) = _program.Run(how);
            return (status, status is 0 or 3 or 134 ? output : output + error);
        }

        public void Dispose() => _program.Dispose();
    }
}
