using CephRbd.Driver.Config;
using CephRbd.Driver.Host;
using CephRbd.Driver.Hyper;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;
using Moq;

namespace CephRbd.UnitTests.Hyper;

/// <summary>On real mounts, with a cluster that is only played.</summary>
public sealed class HyperRuntimeTests : IDisposable
{
    private static readonly VolumeSpec _spec = new() { Image = "vol1", Pool = "hyper" };

    private readonly PodDir _pod = new();
    private readonly Deadline _deadline = new(TimeSpan.FromMinutes(1));
    private readonly Mock<IImages> _images = new(MockBehavior.Strict);
    private readonly HyperRuntime _runtime;

    public HyperRuntimeTests()
    {
        _images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>()))
            .Returns((VolumeSpec spec, bool _, Writer _) => new PreparedImage(1 << 30, spec.FsType, spec.User ?? "admin", new Secret("the-key"), ["127.0.0.1:6789"]) { Facts = HyperTagTests.Facts });
        _images.Setup(images => images.GiveUp(It.IsAny<VolumeSpec>()));
        _runtime = Runtime(_pod.Config);
    }

    public void Dispose()
    {
        _deadline.Dispose();
        _pod.Dispose();
    }

    [Fact]
    public void Mount_prepares_the_image_and_leaves_its_tag()
    {
        _pod.RequireMounting();
        _runtime.Mount(_pod.Path, _spec);
        HyperTag tag = TagStore.Look(_pod.Path).Tag!;
        Assert.Equal(("vol1", "hyper", "ext4", "admin", "the-key"), (tag.VolumeId, tag.Pool, tag.FsType, tag.User, tag.Keyring!.Reveal()));
        Assert.Equal(["127.0.0.1:6789"], tag.Monitors);
        _images.Verify(images => images.Prepare(_spec, true, It.IsAny<Writer>()), Times.Once);
    }

    [Fact]
    public void A_repeated_mount_touches_neither_image_nor_tag()
    {
        _pod.RequireMounting();
        _runtime.Mount(_pod.Path, _spec);
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(_pod.Path, HyperTag.FileName));
        _runtime.Mount(_pod.Path, _spec);
        _images.Verify(images => images.Prepare(It.IsAny<VolumeSpec>(), It.IsAny<bool>(), It.IsAny<Writer>()), Times.Once);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(_pod.Path, HyperTag.FileName)));
        Assert.Single(_pod.Mounted());
    }

    [Fact]
    public void A_mount_over_the_original_drivers_tag_touches_nothing()
    {
        File.WriteAllText(
            Path.Combine(_pod.Path, HyperTag.FileName),
            """{"cephRBDOptsData":{"volumeID":"vol1","pool":"hyper","fsType":"ext4","user":"admin","keyring":"k","monitors":["127.0.0.1:6789"]}}""");
        _runtime.Mount(_pod.Path, _spec);
        _images.VerifyNoOtherCalls();
        Assert.Empty(_pod.Mounted());
    }

    [Fact]
    public void Another_volume_is_not_mounted_over_the_first()
    {
        _pod.RequireMounting();
        _runtime.Mount(_pod.Path, _spec);
        VolumeSpec[] others =
        [
            _spec with { Image = "vol2" }, _spec with { Pool = "p" }, _spec with { User = "bob" }, _spec with { FsType = "xfs" },
            _spec with { ReadOnly = true }, _spec with { Cluster = "c" }, _spec with { Namespace = "ns" },
        ];
        Assert.All(others, other =>
            Assert.Contains("another volume", Assert.Throws<VolumeException>(() => _runtime.Mount(_pod.Path, other)).Message, StringComparison.Ordinal));
        _images.Verify(images => images.Prepare(It.IsAny<VolumeSpec>(), It.IsAny<bool>(), It.IsAny<Writer>()), Times.Once);
        Assert.Null(TagStore.Look(_pod.Path).Tag!.DifferenceFrom(_spec, "admin"));
    }

    [Fact]
    public void The_reservation_is_given_back_with_the_tags_own_key_once_the_tag_is_gone()
    {
        Reserving();
        _images.Setup(images => images.Release(It.IsAny<VolumeSpec>(), "10aa", It.IsAny<Writer>(), It.IsAny<TimeSpan>()))
            .Callback((VolumeSpec spec, string? _, Writer writer, TimeSpan patience) =>
            {
                Assert.Equal(("hyper", "vol1", "the-key"), (spec.Pool, spec.Image, spec.Key?.Reveal()));
                Assert.Equal(_pod.Path, writer.Dir);
                Assert.True(patience <= TimeSpan.FromSeconds(15));
                Assert.Null(TagStore.Look(_pod.Path).Tag);
                Assert.False(File.Exists(Path.Combine(_pod.Path, HyperTag.FileName)));
            });
        _runtime.Mount(_pod.Path, _spec);
        _runtime.Unmount(_pod.Path);
        _pod.AssertNothingIsLeft();
        _images.Verify(images => images.Release(It.IsAny<VolumeSpec>(), "10aa", It.IsAny<Writer>(), It.IsAny<TimeSpan>()), Times.Once);
    }

    [Fact]
    public void An_unmount_that_was_killed_before_it_gave_the_reservation_back_is_finished_by_the_next()
    {
        Reserving();
        _images.Setup(images => images.Release(It.IsAny<VolumeSpec>(), "10aa", It.IsAny<Writer>(), It.IsAny<TimeSpan>()));
        _runtime.Mount(_pod.Path, _spec);
        _ = TagStore.End(_pod.Path);
        Assert.True(_runtime.Owns(_pod.Path));
        _runtime.Unmount(_pod.Path);
        _pod.AssertNothingIsLeft();
        _images.Verify(images => images.Release(It.Is<VolumeSpec>(spec => spec.Image == "vol1" && spec.Key!.Reveal() == "the-key"), "10aa", It.IsAny<Writer>(), It.IsAny<TimeSpan>()), Times.Once);
    }

    [Fact]
    public void A_mount_over_what_a_killed_unmount_left_writes_a_new_tag()
    {
        Reserving();
        _runtime.Mount(_pod.Path, _spec);
        _ = TagStore.End(_pod.Path);
        _runtime.Mount(_pod.Path, _spec);
        Assert.Null(TagStore.Look(_pod.Path).Ended);
        Assert.NotNull(TagStore.Look(_pod.Path).Tag);
    }

    [Fact]
    public void A_cluster_that_does_not_take_the_reservation_back_keeps_no_pod_from_ending()
    {
        Reserving();
        _images.Setup(images => images.Release(It.IsAny<VolumeSpec>(), It.IsAny<string?>(), It.IsAny<Writer>(), It.IsAny<TimeSpan>()))
            .Throws(new VolumeException("no monitor answered"));
        _runtime.Mount(_pod.Path, _spec);
        _runtime.Unmount(_pod.Path);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void A_tag_that_cannot_be_written_gives_the_reservation_up()
    {
        _images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>()))
            .Callback(() => _deadline.Stop("stopped by SIGTERM"))
            .Returns(new PreparedImage(1, "ext4", "admin", null, []) { Facts = HyperTagTests.Facts, IsReserved = true });
        Assert.Throws<DeadlineException>(() => _runtime.Mount(_pod.Path, _spec));
        _images.Verify(images => images.GiveUp(_spec), Times.Once);
    }

    [Fact]
    public void A_failure_of_the_cluster_leaves_nothing()
    {
        _images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>())).Throws(new VolumeException("no monitor answered"));
        Assert.Equal("no monitor answered", Assert.Throws<VolumeException>(() => _runtime.Mount(_pod.Path, _spec)).Message);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void A_call_that_is_told_to_stop_while_the_image_is_prepared_leaves_nothing()
    {
        _images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>()))
            .Callback(() => _deadline.Stop("stopped by SIGTERM"))
            .Returns(new PreparedImage(1, "ext4", "admin", null, []) { Facts = HyperTagTests.Facts });
        Assert.Throws<DeadlineException>(() => _runtime.Mount(_pod.Path, _spec));
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void A_volume_is_not_laid_over_somebodys_files()
    {
        File.WriteAllText(Path.Combine(_pod.Path, "precious"), "x");
        Assert.Contains("precious", Assert.Throws<VolumeException>(() => _runtime.Mount(_pod.Path, _spec)).Message, StringComparison.Ordinal);
        _images.VerifyNoOtherCalls();
        Assert.True(File.Exists(Path.Combine(_pod.Path, "precious")));
    }

    [Fact]
    public void Somebody_elses_mount_is_neither_covered_nor_unmounted()
    {
        PodDir.MountOrFail(_pod.Path, "somebody");
        Assert.Throws<VolumeException>(() => _runtime.Mount(_pod.Path, _spec));
        Assert.Throws<VolumeException>(() => _runtime.Unmount(_pod.Path));
        Assert.Single(_pod.Mounted());
        _images.VerifyNoOtherCalls();
    }

    [Fact]
    public void A_tmpfs_of_ours_that_lost_its_tag_is_replaced()
    {
        _pod.RequireMounting();
        _runtime.Mount(_pod.Path, _spec);
        File.Delete(Path.Combine(_pod.Path, HyperTag.FileName));
        _runtime.Mount(_pod.Path, _spec);
        Assert.NotNull(TagStore.Look(_pod.Path).Tag);
        Assert.Single(_pod.Mounted());
    }

    [Fact]
    public void A_mount_dir_must_be_a_directory_with_an_absolute_path()
    {
        File.WriteAllText(_pod["file"], "");
        File.CreateSymbolicLink(_pod["link"], _pod.Path);
        foreach (string path in new[] { _pod["file"], _pod["link"], _pod["link"] + "/", "pod", "" })
        {
            Assert.Throws<VolumeException>(() => _runtime.Mount(path, _spec));
            Assert.Throws<VolumeException>(() => _runtime.Unmount(path));
        }

        Assert.Throws<VolumeException>(() => _runtime.Mount(_pod["missing"], _spec));
        _images.VerifyNoOtherCalls();
    }

    [Fact]
    public void Unmount_can_be_repeated_and_needs_no_cluster()
    {
        _pod.RequireMounting();
        _runtime.Mount(_pod.Path, _spec);
        _images.Reset();
        _runtime.Unmount(_pod.Path);
        _pod.AssertNothingIsLeft();
        _runtime.Unmount(_pod.Path);
        Directory.Delete(_pod.Path);
        _runtime.Unmount(_pod.Path);
        Directory.CreateDirectory(_pod.Path);
        _images.VerifyNoOtherCalls();
    }

    [Fact]
    public void A_mount_dir_below_a_symbolic_link_is_the_same_dir()
    {
        _pod.RequireMounting();
        File.CreateSymbolicLink(_pod["kubelet"], Path.GetDirectoryName(_pod.Path)!);
        string linked = Path.Combine(_pod["kubelet"], Path.GetFileName(_pod.Path));
        _runtime.Mount(linked, _spec);
        _runtime.Mount(_pod.Path, _spec);
        Assert.Single(_pod.Mounted());
        _runtime.Unmount(linked);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void Unmount_takes_the_original_drivers_tag_away()
    {
        File.WriteAllText(Path.Combine(_pod.Path, HyperTag.FileName), "{}");
        _runtime.Unmount(_pod.Path);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void Mount_and_unmount_sweep_what_dead_calls_left()
    {
        string dead = Path.Combine(_pod.StageRoot, "2147483647-1");
        Directory.CreateDirectory(dead);
        _runtime.Unmount(_pod.Path);
        Assert.False(Directory.Exists(dead));
    }

    [Fact]
    public void A_second_call_for_the_dir_waits_for_the_first_until_its_deadline()
    {
        using CallLock first = CallLock.Take(_pod.Config.RunDir, _pod.Path, _deadline);
        using var hurry = new Deadline(TimeSpan.FromMilliseconds(200));
        var second = new HyperRuntime(_pod.Config, _images.Object, new Steps(hurry, null));
        Assert.Contains($"lock {_pod.Path}", Assert.Throws<DeadlineException>(() => second.Mount(_pod.Path, _spec)).Message, StringComparison.Ordinal);
        _images.VerifyNoOtherCalls();
    }

    [Fact]
    public void In_directory_storage_a_repeated_mount_touches_nothing_either()
    {
        HyperRuntime runtime = Runtime(_pod.Config with { TagStorage = TagStorage.Directory });
        runtime.Mount(_pod.Path, _spec);
        runtime.Mount(_pod.Path, _spec);
        _images.Verify(images => images.Prepare(It.IsAny<VolumeSpec>(), It.IsAny<bool>(), It.IsAny<Writer>()), Times.Once);
        runtime.Unmount(_pod.Path);
        _pod.AssertNothingIsLeft();
    }

    [Fact]
    public void Attach_prepares_without_monitors_and_answers_qemus_name()
    {
        VolumeSpec spec = _spec with { Namespace = "ns" };
        _images.Setup(images => images.PrepareForNobody(spec, It.IsAny<Writer>())).Returns(HyperTagTests.Facts);
        Assert.Equal("rbd:hyper/ns/vol1", _runtime.Attach(spec, "node1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_image_that_exists_counts_as_attached(bool exists)
    {
        _images.Setup(images => images.Exists(_spec)).Returns(exists);
        Assert.Equal(exists, _runtime.IsAttached(_spec, null));
        if (exists)
        {
            Assert.Equal("rbd:hyper/vol1", _runtime.WaitForAttach("rbd:hyper/vol1", _spec));
        }
        else
        {
            Assert.Contains("hyper/vol1", Assert.Throws<VolumeException>(() => _runtime.WaitForAttach("x", _spec)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Growing_is_the_images_business_and_the_file_systems_the_pods()
    {
        _images.Setup(images => images.Grow(_spec, 5000)).Returns(8192);
        Assert.Equal(8192UL, _runtime.ExpandVolume(_spec, 5000));
        Assert.Contains("resize2fs", Assert.Throws<VolumeException>(() => _runtime.ExpandFileSystem(_spec, "d", "/d")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verbs_without_work_on_this_node_do_nothing()
    {
        _runtime.MountDevice("/missing", "d", _spec);
        _runtime.UnmountDevice("/missing");
        _runtime.Detach("pv1", null);
        _images.VerifyNoOtherCalls();
        Assert.Equal(Capabilities.MountOnly, _runtime.Capabilities);
    }

    private void Reserving() => _images.Setup(images => images.Prepare(It.IsAny<VolumeSpec>(), true, It.IsAny<Writer>()))
        .Returns(new PreparedImage(1 << 30, "ext4", "admin", new Secret("the-key"), ["127.0.0.1:6789"]) { Facts = HyperTagTests.Facts with { ImageId = "10aa" }, IsReserved = true });

    private HyperRuntime Runtime(DriverConfig config) => new(config, _images.Object, new Steps(_deadline, null));
}
