using CephRbd.Driver.FileSystems;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.FileSystems;

public class MountOptionsTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(",,")]
    [InlineData("defaults")]
    [InlineData("defaults,auto,noauto,user,nouser,users,nousers,owner,noowner,group,nogroup,_netdev,nofail,comment=a b,x-systemd.automount,X-mount.mkdir=0755,user=bob")]
    public void What_only_fstab_means_is_nothing(string text) => Assert.Equal(MountOptions.None, Parse(text));

    [Fact]
    public void Words_are_sorted_by_who_carries_them() => Assert.Equal(
        new MountOptions(
            MountFlags.NoAtime | MountFlags.NoDirAtime | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec | MountFlags.NoSymFollow,
            MountFlags.Synchronous | MountFlags.DirSync | MountFlags.LazyTime | MountFlags.IVersion | MountFlags.MandLock | MountFlags.Silent,
            "discard,data=ordered,uid=0,nodiscard",
            true),
        Parse("discard,noatime,nodiratime,sync,nosuid,nodev,noexec,nosymfollow,data=ordered,dirsync,lazytime,iversion,mand,silent,uid=0,ro,nodiscard"));

    [Theory]
    [InlineData("noatime", MountFlags.NoAtime)]
    [InlineData("relatime", MountFlags.RelAtime)]
    [InlineData("strictatime", MountFlags.StrictAtime)]
    [InlineData("noatime,strictatime", MountFlags.StrictAtime)]
    [InlineData("strictatime,relatime", MountFlags.RelAtime)]
    [InlineData("relatime,noatime,noatime", MountFlags.NoAtime)]
    [InlineData("noatime,atime", MountFlags.None)]
    [InlineData("relatime,norelatime", MountFlags.None)]
    [InlineData("strictatime,nostrictatime", MountFlags.None)]
    [InlineData("nosuid,suid,nodev,dev,noexec,exec,nodiratime,diratime,nosymfollow,symfollow", MountFlags.None)]
    [InlineData("suid,nosuid", MountFlags.NoSuid)]
    public void The_last_word_on_a_mount_counts(string text, MountFlags flags) =>
        Assert.Equal((flags, MountFlags.None, ""), (Parse(text).PerMount, Parse(text).PerFileSystem, Parse(text).Data));

    [Theory]
    [InlineData("sync,async,lazytime,nolazytime,iversion,noiversion,mand,nomand,silent,loud", MountFlags.None)]
    [InlineData("async,sync,dirsync", MountFlags.Synchronous | MountFlags.DirSync)]
    public void The_last_word_on_a_file_system_counts(string text, MountFlags flags) =>
        Assert.Equal((MountFlags.None, flags, ""), (Parse(text).PerMount, Parse(text).PerFileSystem, Parse(text).Data));

    [Theory]
    [InlineData("ro", true)]
    [InlineData("rw", false)]
    [InlineData("ro,rw", false)]
    [InlineData("rw,ro", true)]
    public void The_last_of_ro_and_rw_counts(string text, bool readOnly) => Assert.Equal(MountOptions.None with { ReadOnly = readOnly }, Parse(text));

    [Theory]
    [InlineData("discard, data=ordered ,", "discard,data=ordered")]
    [InlineData("context=\"system_u:object_r:x:s0:c1,c2\",discard", "context=\"system_u:object_r:x:s0:c1,c2\",discard")]
    [InlineData("errors=remount-ro,errors=continue", "errors=remount-ro,errors=continue")]
    [InlineData("NOATIME,noatime=1,ro=1", "NOATIME,noatime=1,ro=1")]
    [InlineData("a=b=c,usrjquota=aquota.user", "a=b=c,usrjquota=aquota.user")]
    public void All_else_is_the_file_systems_in_its_order(string text, string data) => Assert.Equal(MountOptions.None with { Data = data }, Parse(text));

    [Theory]
    [InlineData("bind", "another mount")]
    [InlineData("rbind", "another mount")]
    [InlineData("move", "another mount")]
    [InlineData("remount", "another mount")]
    [InlineData("shared", "another mount")]
    [InlineData("rslave", "another mount")]
    [InlineData("private", "another mount")]
    [InlineData("make-rshared", "another mount")]
    [InlineData("unbindable", "another mount")]
    [InlineData("loop", "another mount")]
    [InlineData("loop=x", "another mount")]
    [InlineData("offset=512", "another mount")]
    [InlineData("journal_path=x", "device of the host")]
    [InlineData("journal_dev=0x801", "device of the host")]
    [InlineData("logdev=sda", "device of the host")]
    [InlineData("rtdev=/dev/sda", "device of the host")]
    [InlineData("device=/dev/sda", "device of the host")]
    [InlineData("errors=panic", "stop the whole host")]
    [InlineData("fatal_errors=panic", "stop the whole host")]
    [InlineData("a=/etc", "paths")]
    [InlineData("a=..", "paths")]
    [InlineData("x-a=/b", "paths")]
    [InlineData("a=\"/b\"", "paths")]
    [InlineData("a\nb", "\\u000a")]
    [InlineData("a\0", "\\u0000")]
    [InlineData("a='b'", "\"'\"")]
    [InlineData("a=b\\054c", "\"\\\"")]
    [InlineData("\"a,b\"", "whole value")]
    [InlineData("a=\"b\"c", "whole value")]
    [InlineData("a=b\"c\"", "whole value")]
    [InlineData("a=\"b\"\"c\"", "whole value")]
    [InlineData("a=\"b,c", "inside a double quote")]
    [InlineData("\"", "inside a double quote")]
    public void A_word_that_reaches_beyond_the_image_is_refused(string word, string reason)
    {
        foreach (string text in (string[])[word, $"noatime,{word}"])
        {
            VolumeException e = Assert.Throws<VolumeException>(() => Parse(text));
            Assert.StartsWith("option \"mountOptions\" ", e.Message, StringComparison.Ordinal);
            Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused() =>
        Assert.Contains("\\ud800", Assert.Throws<VolumeException>(() => Parse("a=\ud800")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_list_longer_than_the_kernel_takes_is_refused()
    {
        Assert.Equal(4095, Parse(new string('a', 4095)).Data.Length);
        Assert.Contains("4095 bytes", Assert.Throws<VolumeException>(() => Parse(new string('a', 4096))).Message, StringComparison.Ordinal);
        Assert.Contains("4095 bytes", Assert.Throws<VolumeException>(() => Parse(new string('é', 2048))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_text_gives_clean_failures_or_harmless_options() => Hostile.Feed(
        [",", "=", "\"", "noatime", "ro", "remount", "bind", "data=", "logdev=", "/dev/sda", "..", " ", "context=", Hostile.Key],
        text =>
        {
            MountOptions options = Parse(text);
            Assert.DoesNotContain('/', options.Data);
            Assert.DoesNotContain('\0', options.Data);
            Assert.DoesNotContain("remount", options.Data.Split(','));
            Assert.DoesNotContain("bind", options.Data.Split(','));
            Assert.Equal(MountFlags.None, options.PerMount & options.PerFileSystem);
            Assert.Equal(MountFlags.None, (options.PerMount | options.PerFileSystem) & (MountFlags.Bind | MountFlags.Remount | MountFlags.ReadOnly));
        },
        Hostile.Key);

    private static MountOptions Parse(string text) => MountOptions.Parse(text, "option \"mountOptions\"");
}
