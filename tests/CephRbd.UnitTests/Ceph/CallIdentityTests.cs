using System.Diagnostics;
using CephRbd.Native.Linux;
using Holder = CephRbd.Driver.Ceph.CallIdentity;

namespace CephRbd.UnitTests.Ceph;

public class CallIdentityTests
{
    [Fact]
    public void This_process_is_not_gone_and_reads_back_from_its_text()
    {
        var self = Holder.Self();
        Assert.True(Holder.TryParse(self.ToString(), out Holder read));
        Assert.Equal(self, read);
        Assert.False(read.IsGone());
    }

    [Fact]
    public void A_process_that_ended_is_gone()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;
        Holder holder = Holder.Self() with { Pid = process.Id, StartTime = Processes.StartTime(process.Id) };
        Assert.False(holder.IsGone());
        process.Kill();
        process.WaitForExit();
        Assert.True(holder.IsGone());
    }

    [Fact]
    public void A_number_used_again_is_another_process() =>
        Assert.True((Holder.Self() with { StartTime = 1 }).IsGone());

    [Fact]
    public void Of_another_boot_or_process_namespace_nobody_here_can_know()
    {
        Holder gone = Holder.Self() with { StartTime = 1 };
        Assert.False((gone with { BootId = "another" }).IsGone());
        Assert.False((gone with { PidNamespace = "pid:[1]" }).IsGone());
    }

    [Theory]
    [InlineData("")]
    [InlineData("node boot pid:[1] 1")]
    [InlineData("node boot pid:[1] 1 2 3")]
    [InlineData("node boot pid:[1] x 2")]
    [InlineData("node boot pid:[1] 1 -2")]
    [InlineData("node boot pid:[1] 99999999999 2")]
    public void Other_text_names_no_holder(string text) => Assert.False(Holder.TryParse(text, out _));
}
