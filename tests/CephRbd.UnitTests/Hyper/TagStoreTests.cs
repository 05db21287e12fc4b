using System.Diagnostics;
using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.UnitTests.Hyper;

/// <summary>On real mounts.</summary>
public sealed class TagStoreTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper" };
    private static readonly HyperTag _tag = new("vol1", "hyper", "ext4", "admin", new Secret("the-key"), ["127.0.0.1:6789"]);

    private readonly PodDir _pod = new();
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));

    private string TagFile => Path.Combine(_pod.Path, HyperTag.FileName);

    public void Dispose()
    {
        _deadline.Dispose();
        _pod.Dispose();
    }

    [Fact]
    public void The_tag_lies_in_a_tmpfs_that_only_its_owner_can_read()
    {
        _pod.RequireMounting();
        new TagStore(_pod.Config).Write(_pod.Path, _tag, _spec);
        MountEntry mount = Assert.Single(_pod.Mounted());
        Assert.Equal((_pod.Path, "tmpfs", "cephrbd"), (mount.MountPoint, mount.FsType, mount.Source));
        Assert.Equal(_tag.ToJson(), File.ReadAllBytes(TagFile));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(TagFile));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(_pod.Path, VolumeRecord.FileName)));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(_pod.Path));
        Assert.Empty(Directory.GetFileSystemEntries(_pod.StageRoot));
    }

    [Fact]
    public void What_was_written_is_found_and_taken_away_without_a_trace()
    {
        _pod.RequireMounting();
        new TagStore(_pod.Config).Write(_pod.Path, _tag, _spec);
        TagStore.State state = TagStore.Look(_pod.Path);
        Assert.Equal(1, state.OwnMounts);
        Assert.Null(state.Tag!.DifferenceFrom(_spec, "admin"));
        Assert.Null(VolumeRecord.DifferenceFrom(state.Record, _spec));
        Assert.Empty(state.Others);

        TagStore.Remove(_pod.Path, _deadline);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void A_path_with_blanks_and_a_trailing_slash_is_no_other_path()
    {
        _pod.RequireMounting();
        string dir = _pod["a b\té"] + "/";
        Directory.CreateDirectory(dir);
        new TagStore(_pod.Config).Write(dir, _tag, _spec);
        Assert.Equal(1, TagStore.Look(dir).OwnMounts);
        TagStore.Remove(dir, _deadline);
        Assert.Empty(_pod.Mounted());
    }

    [Fact]
    public void In_the_directory_itself_it_is_written_and_taken_away_too()
    {
        new TagStore(_pod.Config with { TagStorage = TagStorage.Directory }).Write(_pod.Path, _tag, _spec);
        Assert.Empty(_pod.Mounted());
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(TagFile));
        Assert.Equal(0, TagStore.Look(_pod.Path).OwnMounts);
        TagStore.Remove(_pod.Path, _deadline);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void A_write_that_fails_leaves_nothing_mounted_or_staged()
    {
        _pod.RequireMounting();
        Directory.Delete(_pod.Path);
        var e = Assert.Throws<VolumeException>(() => new TagStore(_pod.Config).Write(_pod.Path, _tag, _spec));
        Assert.Contains(_pod.Path, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Left behind", e.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_pod.Path);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void Several_mounts_of_ours_are_all_taken_away()
    {
        _pod.RequireMounting();
        new TagStore(_pod.Config).Write(_pod.Path, _tag, _spec);
        Mounts.MountTmpfs(_pod.Path, MountEntry.TagSource, "size=64k");
        Assert.Equal(2, TagStore.Look(_pod.Path).OwnMounts);
        TagStore.Remove(_pod.Path, _deadline);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void Under_a_reader_the_key_goes_and_the_mount_is_detached()
    {
        _pod.RequireMounting();
        new TagStore(_pod.Config).Write(_pod.Path, _tag, _spec);
        using FileStream reader = File.OpenRead(TagFile);
        var clock = Stopwatch.StartNew();
        TagStore.Remove(_pod.Path, _deadline);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void Somebody_elses_mount_is_left_alone()
    {
        PodDir.MountOrFail(_pod.Path, "somebody");
        Assert.Contains("tmpfs from somebody", Assert.Throws<VolumeException>(() => TagStore.Look(_pod.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<VolumeException>(() => TagStore.Remove(_pod.Path, _deadline));
        Assert.Single(_pod.Mounted());
    }

    [Fact]
    public void Somebody_elses_files_are_left_alone_and_named()
    {
        new TagStore(_pod.Config with { TagStorage = TagStorage.Directory }).Write(_pod.Path, _tag, _spec);
        File.WriteAllText(Path.Combine(_pod.Path, "precious"), "x");
        Assert.Equal(["precious"], TagStore.Look(_pod.Path).Others);
        Assert.Contains("precious", Assert.Throws<VolumeException>(() => TagStore.Remove(_pod.Path, _deadline)).Message, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(_pod.Path, "precious")], Directory.GetFileSystemEntries(_pod.Path));
    }

    [Fact]
    public void Half_written_files_of_ours_are_taken_away()
    {
        File.WriteAllText(Path.Combine(_pod.Path, $".{HyperTag.FileName}.0123"), "{");
        File.WriteAllText(Path.Combine(_pod.Path, $".{VolumeRecord.FileName}.0123"), "{");
        Assert.Empty(TagStore.Look(_pod.Path).Others);
        TagStore.Remove(_pod.Path, _deadline);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void A_damaged_tag_is_no_tag()
    {
        File.WriteAllText(TagFile, "{");
        Assert.Null(TagStore.Look(_pod.Path).Tag);
    }

    [Fact]
    public void Stages_of_dead_processes_are_swept_and_those_of_live_ones_stay()
    {
        _pod.RequireMounting();
        string alive = Path.Combine(_pod.StageRoot, string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Processes.StartTime(Environment.ProcessId)}"));
        string numberUsedAgain = Path.Combine(_pod.StageRoot, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-1"));
        string dead = Path.Combine(_pod.StageRoot, "2147483647-1");
        string notOurs = Path.Combine(_pod.StageRoot, "notes");
        foreach (string dir in new[] { alive, numberUsedAgain, dead, notOurs })
        {
            Directory.CreateDirectory(dir);
        }

        PodDir.MountOrFail(alive, MountEntry.TagSource);
        PodDir.MountOrFail(dead, MountEntry.TagSource);
        File.WriteAllText(Path.Combine(dead, HyperTag.FileName), "{}");

        new TagStore(_pod.Config).SweepStages();
        Assert.Equal(new[] { alive, notOurs }.Order(), Directory.GetFileSystemEntries(_pod.StageRoot).Order());
        Assert.Equal([alive], _pod.Mounted().Select(mount => mount.MountPoint));
    }

    [Fact]
    public void Without_a_staging_folder_there_is_nothing_to_sweep()
    {
        new TagStore(_pod.Config).SweepStages();
        Assert.False(Directory.Exists(_pod.StageRoot));
    }
}
