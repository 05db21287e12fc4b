using CephRbd.Driver.Mapping;
using CephRbd.Driver.Mounting;
using CephRbd.Driver.Volumes;
using Moq;

namespace CephRbd.UnitTests.Mounting;

/// <summary>What the runtime does where no image is mapped, on real mounts.</summary>
public sealed class HostRuntimeTests : IDisposable
{
    private static readonly ImageIdentity _image = new("hyper", null, "vol1", null);

    private readonly HostNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Unmount_of_what_is_gone_succeeds_and_is_nobodys()
    {
        foreach (string gone in (string[])[_node["none"], _node["no/such/dir"], _node["no/such/dir/"]])
        {
            Assert.False(_node.Runtime.Owns(gone));
            _node.Runtime.Unmount(gone);
            _node.Runtime.UnmountDevice(gone);
        }
    }

    [Fact]
    public void Unmount_of_an_empty_dir_leaves_it()
    {
        _node.Runtime.Unmount(_node.Pod);
        Assert.True(Directory.Exists(_node.Pod));
    }

    [Fact]
    public void Dirs_have_to_be_absolute()
    {
        Action[] calls =
        [
            () => _node.Runtime.Unmount("pod"), () => _node.Runtime.UnmountDevice("pod"),
            () => _node.Runtime.Mount("pod", HostNode.Spec), () => _node.Runtime.MountDevice("pod", "d", HostNode.Spec),
        ];
        Assert.All(calls, call => Assert.Contains("absolute", Assert.Throws<VolumeException>(call).Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hyper~~vol9")]
    [InlineData("p~ns~i~c")]
    public void What_a_killed_call_left_of_a_stage_is_cleared_away(string stage)
    {
        Directory.CreateDirectory(_node["mounts/" + stage]);
        _node.Runtime.Unmount(_node.Pod);
        Assert.False(Directory.Exists(_node["mounts/" + stage]));
    }

    [Fact]
    public void A_stage_that_another_call_works_on_is_left_to_it()
    {
        Directory.CreateDirectory(_node["mounts/hyper~~vol9"]);
        using (Driver.Host.CallLock other = Driver.Host.CallLock.TryTake(_node.Config.RunDir, "/image/hyper~~vol9")!)
        {
            _node.Runtime.Unmount(_node.Pod);
            Assert.True(Directory.Exists(_node["mounts/hyper~~vol9"]));
        }

        _node.Runtime.Unmount(_node.Pod);
        Assert.False(Directory.Exists(_node["mounts/hyper~~vol9"]));
    }

    [Theory]
    [InlineData("lost+found")]
    [InlineData("backup")]
    [InlineData("~~")]
    [InlineData("a~b~c~d~e")]
    [InlineData("hyper~~vol9")]
    public void What_is_not_ours_in_the_staging_dir_stays_mounted(string name)
    {
        _node.MountTmpfs("mounts/" + name);
        _node.Runtime.Unmount(_node.Pod);
        Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node.Pod, Failing()));
        Assert.Equal([_node["mounts/" + name]], _node.Mounted);
    }

    [Theory]
    [InlineData("lost+found")]
    [InlineData("backup")]
    public void Folders_of_others_in_the_staging_dir_stay(string name)
    {
        Directory.CreateDirectory(_node["mounts/" + name]);
        _node.Runtime.Unmount(_node.Pod);
        Assert.True(Directory.Exists(_node["mounts/" + name]));
    }

    [Fact]
    public void An_image_is_not_mounted_over_what_stands_at_its_stage()
    {
        _node.MountTmpfs("mounts/hyper~~vol1");
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node.Pod, HostNode.Spec));
        Assert.Contains(_node["mounts/hyper~~vol1"], e.Message, StringComparison.Ordinal);
        Assert.Equal([_node["mounts/hyper~~vol1"]], _node.Mounted);
    }

    [Fact]
    public void A_failed_mount_leaves_nothing()
    {
        Assert.Equal("the cluster says no", Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node.Pod, Failing())).Message);
        Assert.Empty(_node.Mounted);
        Assert.Empty(Directory.GetFileSystemEntries(_node["mounts"]));
        Assert.Empty(Directory.GetFileSystemEntries(_node.Pod));
    }

    [Fact]
    public void A_mount_on_somebodys_files_or_mounts_or_links_touches_nothing()
    {
        File.WriteAllText(Path.Combine(_node.Pod, "file"), "x");
        Assert.Contains("not empty (file)", Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node.Pod, HostNode.Spec)).Message, StringComparison.Ordinal);

        _node.MountTmpfs("other");
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node["other"], HostNode.Spec));
        Assert.Contains("a tmpfs from test is mounted there, and not by this driver", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<VolumeException>(() => _node.Runtime.Unmount(_node["other"]));
        Assert.Contains("left alone", e.Message, StringComparison.Ordinal);

        _node.MountTmpfs("vm", "cephrbd");
        e = Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node["vm"], HostNode.Spec));
        Assert.Contains("runtime hyper", e.Message, StringComparison.Ordinal);
        Assert.Equal([_node["other"], _node["vm"]], _node.Mounted);

        File.CreateSymbolicLink(_node["link"], _node.Pod);
        e = Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node["link"], HostNode.Spec));
        Assert.Contains("not a directory", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_failed_unmount_left_is_finished_by_the_next_and_forgotten()
    {
        var unfinished = new Unfinished(_node.Config);
        unfinished.Write(_node.Pod, "hyper~~vol9");
        Directory.CreateDirectory(_node["mounts/hyper~~vol9"]);
        Directory.Delete(_node.Pod);

        _node.Runtime.Unmount(_node.Pod);

        Assert.False(Directory.Exists(_node["mounts/hyper~~vol9"]));
        Assert.Null(unfinished.Of(_node.Pod));
    }

    [Fact]
    public void A_stage_that_cannot_be_taken_down_is_told_at_each_unmount()
    {
        new Unfinished(_node.Config).Write(_node.Pod, "hyper~~vol9");
        Directory.CreateDirectory(_node["mounts/hyper~~vol9/somebodys"]);
        for (int i = 0; i < 2; i++)
        {
            VolumeException e = Assert.Throws<VolumeException>(() => _node.Runtime.Unmount(_node.Pod));
            Assert.Contains("mounts/hyper~~vol9", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Calls_for_other_nodes_touch_nothing()
    {
        Assert.Equal("rbd:hyper/vol1", _node.Runtime.Attach(HostNode.Spec, "node2"));
        Assert.True(_node.Runtime.IsAttached(HostNode.Spec, "node2"));
        _node.Runtime.Detach("pv1", "node2");
        Assert.False(Directory.Exists(_node["run"]));
        Assert.False(_node.Runtime.IsAttached(HostNode.Spec, "node1.example.com"));
    }

    [Fact]
    public void A_failed_attach_leaves_no_record()
    {
        Assert.Throws<VolumeException>(() => _node.Runtime.Attach(Failing(), "node1"));
        Assert.Empty(_node.Records.All());
    }

    [Fact]
    public void A_failed_repetition_of_attach_keeps_the_record_of_the_first()
    {
        var record = new AttachRecords.Record("pv1", null, _image);
        _node.Records.Write(record);
        Assert.Throws<VolumeException>(() => _node.Runtime.Attach(Failing(), "node1"));
        Assert.Equal(record, _node.Records.Find("pv1"));
    }

    [Fact]
    public void A_volume_name_stands_for_one_image()
    {
        _node.Records.Write(new AttachRecords.Record("pv1", null, _image with { Image = "other" }));
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Runtime.Attach(HostNode.Spec, null));
        Assert.Contains("hyper/other", e.Message, StringComparison.Ordinal);
        Assert.Equal("other", _node.Records.Find("pv1")!.Image.Image);
    }

    [Fact]
    public void Detach_forgets_its_volume_alone()
    {
        _node.Records.Write(new AttachRecords.Record("pv1", null, _image));
        _node.Records.Write(new AttachRecords.Record("pv2", null, _image));
        _node.Runtime.Detach("pv1", "node1");
        _node.Runtime.Detach("pv1", "node1");
        Assert.Equal(["pv2"], _node.Records.All().Select(record => record.Volume));
        _node.Runtime.Detach("pv2", null);
        Assert.Empty(_node.Records.All());
    }

    [Fact]
    public void Folders_that_cannot_be_made_are_told_in_words()
    {
        File.WriteAllText(_node["file"], "");
        Assert.Throws<VolumeException>(() => _node.Runtime.MountDevice(_node["file/dir"], "d", HostNode.Spec));

        _node.Config = _node.Config with { StagingDir = _node["file"] };
        Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node.Pod, Failing()));

        Directory.CreateDirectory(_node["mounts/hyper~~vol9"]);
        _node.Config = _node.Config with { StagingDir = _node["mounts"], RunDir = _node["file"] };
        Assert.Throws<VolumeException>(() => _node.Runtime.Attach(HostNode.Spec, null));
        Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node.Pod, HostNode.Spec));
        Assert.Throws<VolumeException>(() => _node.Runtime.Unmount(_node.Pod));
    }

    [Fact]
    public void Bad_mount_options_fail_before_anything_is_done()
    {
        VolumeException e = Assert.Throws<VolumeException>(() => _node.Runtime.Mount(_node.Pod, HostNode.Spec with { MountOptions = "bind" }));
        Assert.Contains("mountOptions", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_node["run"]));
    }

    // A volume that is looked at through librbd straight away, and the cluster refuses.
    private VolumeSpec Failing()
    {
        _node.Images.Setup(images => images.AccessFromConf(It.IsAny<VolumeSpec>())).Returns((KernelAccess?)null);
        _node.Images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>())).Throws(new VolumeException("the cluster says no"));
        return HostNode.Spec;
    }
}
