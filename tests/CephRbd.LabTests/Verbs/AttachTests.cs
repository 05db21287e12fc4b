using System.Globalization;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Verbs;

public sealed class AttachTests(LabFixture lab) : DriverTest(lab)
{
    private const string MiB64 = "64Mi";

    [Fact]
    public void attach_creates_and_formats_an_absent_image_and_names_its_device()
    {
        string image = NewName();
        Reply reply = Driver.Succeed("attach", Volume.Options(image, Volume.Size(MiB64)), "node1");
        Assert.Equal("rbd:hyper/" + image, reply.Device);
        Assert.Equal(64 << 20, Info(image).GetProperty("size").GetInt64());
        CheckFileSystem(Export(image), "ext4");
        Assert.Equal(0, Watchers(image));
    }

    [Fact]
    public void a_repeated_attach_without_node_and_size_changes_nothing()
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(MiB64)), "node1");
        string before = Digest(image);
        Assert.Equal("rbd:hyper/" + image, Driver.Succeed("attach", Volume.Options(image)).Device);
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(MiB64)));
        Assert.Equal(before, Digest(image));
    }

    [Fact]
    public void an_absent_image_without_size_is_a_failure_and_stays_absent()
    {
        string image = NewName();
        Driver.Fail(["attach", Volume.Options(image), "node1"], "hyper/" + image, "does not exist", "size");
        Assert.False(Exists(image));
    }

    [Fact]
    public void an_absent_image_is_not_created_for_reading()
    {
        string image = NewName();
        Driver.Fail(["attach", Volume.Options(image, Volume.Size(MiB64), Volume.ReadOnly)], "hyper/" + image, "read-only");
        Assert.False(Exists(image));
    }

    [Fact]
    public void a_blank_image_is_not_formatted_for_reading()
    {
        string image = CreateImage(64 * MiB);
        Driver.Fail(["attach", Volume.Options(image, Volume.ReadOnly)], "hyper/" + image, "read-only", "never formatted");
        Assert.Equal("", Blkid(Export(image), "TYPE"));
    }

    [Fact]
    public void a_formatted_image_is_given_for_reading_and_not_written()
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(MiB64)));
        string before = Digest(image);
        Driver.Succeed("attach", Volume.Options(image, Volume.ReadOnly));
        Assert.Equal(before, Digest(image));
    }

    [Fact]
    public void another_file_system_than_the_images_is_a_failure_that_names_both()
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(MiB64)));
        string before = Digest(image);
        Driver.Fail(["attach", Volume.Options(image, Volume.FsType("xfs"))], "hyper/" + image, "ext4", "xfs", "fsType");
        Assert.Equal(before, Digest(image));
    }

    [Fact]
    public void an_image_smaller_than_the_size_asked_for_is_a_failure_that_names_both_sizes()
    {
        string image = CreateImage(64 * MiB);
        Driver.Fail(["attach", Volume.Options(image, Volume.Size("128Mi"))], "hyper/" + image, "64 MiB", "128 MiB", "rbd resize");
        Assert.Equal("", Blkid(Export(image), "TYPE"));
    }

    [Fact]
    public void waitforattach_and_isattached_ask_the_cluster()
    {
        string image = NewName();
        string options = Volume.Options(image);
        Assert.False(Driver.Succeed("isattached", options, "node1").Json.GetProperty("attached").GetBoolean());
        Driver.Fail(["waitforattach", "rbd:hyper/" + image, options], "hyper/" + image, "does not exist");
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(MiB64)));
        Assert.True(Driver.Succeed("isattached", options, "node1").Json.GetProperty("attached").GetBoolean());
        Assert.True(Driver.Succeed("isattached", options).Json.GetProperty("attached").GetBoolean());
        Assert.Equal("rbd:hyper/" + image, Driver.Succeed("waitforattach", "rbd:hyper/" + image, options).Device);
    }

    [Fact]
    public void expandvolume_grows_and_repeats_and_never_shrinks()
    {
        string image = NewName();
        string options = Volume.Options(image);
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(MiB64)));
        Assert.Equal(128 << 20, Expand(options, 128 << 20));
        Assert.Equal(128 << 20, Info(image).GetProperty("size").GetInt64());
        Assert.Equal(128 << 20, Expand(options, 128 << 20));
        Assert.Equal(128 << 20, Expand(options, 1 << 20));
        Assert.Equal(128 << 20, Info(image).GetProperty("size").GetInt64());

        // A size inside an object is rounded up to the object's end.
        Assert.Equal(132 << 20, Expand(options, (128 << 20) + 1));
        string path = Export(image);
        Assert.Equal(132 << 20, new FileInfo(path).Length);
        CheckFileSystem(path, "ext4");
        Driver.Succeed("attach", options);
    }

    [Fact]
    public void expandvolume_of_an_absent_image_or_to_no_number_is_a_failure()
    {
        string image = NewName();
        Driver.Fail(["expandvolume", Volume.Options(image), "/d", "134217728", "1"], "hyper/" + image, "does not exist");
        foreach (string bad in (string[])["", "0", "-1", "1e9", "10Gi", "99999999999999999999"])
        {
            Driver.Fail(["expandvolume", Volume.Options(image), "/d", bad, "1"], "new-bytes");
        }
    }

    private long Expand(string options, long bytes) => Driver
        .Succeed("expandvolume", options, "/d", bytes.ToString(CultureInfo.InvariantCulture), "67108864")
        .Json.GetProperty("volumeNewSize").GetInt64();
}
