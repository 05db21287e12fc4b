using System.Diagnostics;
using CephRbd.Native.Guard;
using CephRbd.UnitTests.Native.Linux;

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
        private readonly TempDir _dir = new();
        private readonly bool _built;

        public Program()
        {
            if (File.Exists("/usr/bin/cc"))
            {
                var (status, output) = Start(
                    "/usr/bin/cc",
                    ["-O0", "-pthread", "-o", _dir["guard"], Path.Join(Repository.Root, "src/Native/Guard/guard.c"), Path.Join(Repository.Root, "tests/CephRbd.UnitTests/Native/Guard/guard_scenarios.c")]);
                Assert.True(status == 0, output);
                _built = true;
            }
        }

        public (int Status, string Output) Run(string how)
        {
            Assert.True(_built, "a C compiler is needed");
            return Start("/bin/sh", ["-c", "ulimit -c 0; \"$0\" \"$1\"", _dir["guard"], how]);
        }

        public void Dispose() => _dir.Dispose();

        private static (int Status, string Output) Start(string file, string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
            {
                process.Kill();
                Assert.Fail($"{file} did not end");
            }

            return (process.ExitCode, process.ExitCode is 0 or 3 or 134 ? output.Result : output.Result + error.Result);
        }
    }
}
