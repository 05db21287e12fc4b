using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Crashes;

/// <summary>What a creation leaves that was killed between its single operations.</summary>
public sealed class HalfMadeImageTests(LabFixture lab) : DriverTest(lab)
{
    private const string Size = "64Mi";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void an_image_whose_creation_was_cut_off_is_created_anew(bool withoutId)
    {
        string image = HalfMade(withoutId);
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(Size)));
        Assert.Equal("ext4", Blkid(Export(image), "TYPE"));
        Assert.DoesNotContain("cephrbd", Ceph("rbd", "image-meta", "ls", Spec(image)), StringComparison.Ordinal);
    }

    [Fact]
    public void without_a_size_it_counts_as_absent_and_is_left_alone()
    {
        string image = HalfMade(withoutId: false);
        Driver.Fail(["attach", Volume.Options(image)], "hyper/" + image, "does not exist", "size");
        Assert.Contains("rbd_id." + image, Ceph("rados", "-p", "hyper", "ls"), StringComparison.Ordinal);
    }

    [Fact]
    public void mounts_that_meet_a_half_made_image_at_the_same_time_all_get_it()
    {
        string image = HalfMade(withoutId: false);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
            Driver.Succeed("attach", Volume.Options(image, Volume.Size(Size))));
        Assert.Equal("ext4", Blkid(Export(image), "TYPE"));
    }

    private string HalfMade(bool withoutId)
    {
        string image = NewName();
        Ceph("rbd", "create", Spec(image), "--size", "64M");
        string id = Info(image).GetProperty("id").GetString()!;
        Ceph("rados", "-p", "hyper", "rm", "rbd_header." + id);
        if (withoutId)
        {
            Ceph("rados", "-p", "hyper", "rm", "rbd_id." + image);
        }

        return image;
    }
}
