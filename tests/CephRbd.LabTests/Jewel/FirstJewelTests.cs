using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Jewel;

/// <summary>The same with the functions of 10.2.0: not supported, but what it lacks has its other way, too.</summary>
public sealed class FirstJewelTests(LabFixture lab, FirstJewel libraries) : JewelTest(lab, libraries), IClassFixture<FirstJewel>
{
    [Fact]
    public void an_images_id_is_found_without_the_function_for_it()
    {
        Assert.DoesNotContain("rbd_get_id", JewelLibraries.Exports(Libraries.Rbd));
        Assert.DoesNotContain("rbd_get_block_name_prefix", JewelLibraries.Exports(Libraries.Rbd));
        TakeTheWholeWay("ext4", "64Mi");
    }

    [Fact]
    public void an_image_of_somebody_elses_is_formatted()
    {
        string image = CreateImage(64 * MiB, 61);
        Driver.Succeed("attach", Volume.Options(image));
        CheckFileSystem(Export(image), "ext4");
    }
}
