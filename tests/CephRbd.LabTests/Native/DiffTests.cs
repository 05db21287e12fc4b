using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Native;

public sealed class DiffTests(LabFixture lab) : LabTest(lab)
{
    private const ulong Mapped =
        RbdFeatures.Layering | RbdFeatures.ExclusiveLock | RbdFeatures.ObjectMap | RbdFeatures.FastDiff;

    [Theory]
    [InlineData(RbdFeatures.Layering)]
    [InlineData(Mapped)]
    public void Extents_with_data_are_told(ulong features)
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(64 * MiB, features), readOnly: false);
        Assert.Empty(Extents(image, wholeObject: true));

        image.Write((8 * MiB) + 4096, new byte[512]);
        image.Write(60 * MiB, "x"u8);
        image.Flush();

        Assert.Equal(
            [(8 * MiB, 4 * MiB, true), (60 * MiB, 4 * MiB, true)], Extents(image, wholeObject: true));
    }

    [Fact]
    public void Extents_within_objects_cover_what_was_written()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(64 * MiB), readOnly: false);
        image.Write((8 * MiB) + 65536, new byte[65536]);
        image.Flush();

        (ulong offset, ulong length, bool exists) = Assert.Single(Extents(image, wholeObject: false));

        Assert.True(exists);
        Assert.InRange(offset, 8 * MiB, (8 * MiB) + 65536);
        Assert.InRange(offset + length, (8 * MiB) + 131072, 12 * MiB);
    }

    [Fact]
    public void A_clone_tells_of_its_parents_data_too()
    {
        string parent = CreateImage(16 * MiB);
        using (RbdImage image = RbdImage.Open(Pool, parent, readOnly: false))
        {
            image.Write(4 * MiB, "x"u8);
        }

        string clone = NewName();
        Rbd("snap", "create", $"hyper/{parent}@s");
        try
        {
            Rbd("clone", "--rbd-default-clone-format", "2", $"hyper/{parent}@s", $"hyper/{clone}");
            try
            {
                using RbdImage image = RbdImage.Open(Pool, clone, readOnly: true);
                Assert.Equal([(4 * MiB, 4 * MiB, true)], Extents(image, wholeObject: true));
            }
            finally
            {
                RbdImages.Remove(Pool, clone);
            }
        }
        finally
        {
            Rbd("snap", "purge", $"hyper/{parent}");
        }
    }

    [Fact]
    public void A_visitor_can_stop()
    {
        using RbdImage image = WrittenImage();
        int told = 0;
        image.DiffExtents(0, 64 * MiB, true, (_, _, _) => ++told < 3);
        Assert.Equal(3, told);
    }

    [Fact]
    public void What_a_visitor_throws_comes_out_and_the_image_stays_usable()
    {
        using RbdImage image = WrittenImage();
        int told = 0;

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => image.DiffExtents(
            0,
            64 * MiB,
            true,
            (_, _, _) =>
            {
                told++;
                throw new InvalidOperationException("enough");
            }));

        Assert.Equal("enough", error.Message);
        Assert.Equal(1, told);
        Assert.Equal(8, Extents(image, wholeObject: true).Count);
    }

    private RbdImage WrittenImage()
    {
        RbdImage image = RbdImage.Open(Pool, CreateImage(64 * MiB), readOnly: false);
        for (ulong offset = 0; offset < 64 * MiB; offset += 8 * MiB)
        {
            image.Write(offset, "x"u8);
        }

        return image;
    }

    private static List<(ulong Offset, ulong Length, bool Exists)> Extents(RbdImage image, bool wholeObject)
    {
        List<(ulong, ulong, bool)> extents = [];
        image.DiffExtents(0, image.Stat().SizeBytes, wholeObject, (offset, length, exists) =>
        {
            extents.Add((offset, length, exists));
            return true;
        });
        return extents;
    }

    private void Rbd(params string[] args)
    {
        (int exit, _, string errors) = Lab.Run("rbd", args);
        Assert.True(exit == 0, errors);
    }
}
