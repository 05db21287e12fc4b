using System.Diagnostics;
using CephRbd.Native;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Native.Linux;

public class ProcessesTests
{
    [Fact]
    public void A_name_with_blanks_and_parentheses_does_not_shift_the_fields()
    {
        var stat = "42 (a) S 7 (b)) D 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987654 20 21 22\n";
        Assert.Equal(('D', 987654L), Processes.ParseStat(stat));
    }

    [Theory]
    [InlineData("")]
    [InlineData("42 no name S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20")]
    [InlineData("42 (short) S 1 2 3")]
    [InlineData("42 (word) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x 20")]
    public void A_line_of_another_shape_is_refused(string stat)
        => Assert.Throws<FormatException>(() => Processes.ParseStat(stat));

    [Fact]
    public void This_process_is_alive_under_its_own_start_time_only()
    {
        var start = Processes.StartTime(Environment.ProcessId);

        Assert.True(Processes.IsAlive(Environment.ProcessId, start));
        Assert.False(Processes.IsAlive(Environment.ProcessId, start + 1));
    }

    [Fact]
    public void A_process_that_ended_is_not_alive()
    {
        using var child = Process.Start("sleep", "60");
        var pid = child.Id;
        var start = Processes.StartTime(pid);
        Assert.True(Processes.IsAlive(pid, start));

        Assert.Equal(0, Processes.Kill(pid, 9));
        child.WaitForExit();

        Assert.False(Processes.IsAlive(pid, start));
        Assert.Equal(Errno.NoProcess, Assert.Throws<LinuxException>(() => Processes.StartTime(pid)).Errno);
        Assert.Equal(Errno.NoProcess, Processes.Kill(pid, 0));
    }

    [Fact]
    public void The_boot_id_is_a_uuid_and_stays()
    {
        Assert.True(Guid.TryParse(Processes.BootId(), out _));
        Assert.Equal(Processes.BootId(), Processes.BootId());
    }
}
