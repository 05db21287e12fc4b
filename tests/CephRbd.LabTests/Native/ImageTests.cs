using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Native;

public sealed class ImageTests(LabFixture lab) : LabTest(lab)
{
    private const ulong Mapped =
        RbdFeatures.Layering | RbdFeatures.ExclusiveLock | RbdFeatures.ObjectMap | RbdFeatures.FastDiff;

    [Fact]
    public void A_new_image_has_the_measures_asked_for()
    {
        string name = NewName();
        RbdImages.Create(Pool, name, 64 * MiB, new RbdCreateOptions { Features = Mapped, Order = 20 });
        using RbdImage image = RbdImage.Open(Pool, name, readOnly: false);

        RbdImageInfo info = image.Stat();
        Assert.Equal((64 * MiB, MiB, 64UL, 20), (info.SizeBytes, info.ObjectSizeBytes, info.ObjectCount, info.Order));
        Assert.Equal($"rbd_data.{image.Id}", info.DataPrefix);
        Assert.Equal(Mapped, image.Features);
        Assert.Equal(0UL, image.Flags);
        Assert.Equal((MiB, 1UL), (image.StripeUnit, image.StripeCount));
        Assert.Equal(name, image.Name);
        Assert.False(image.IsReadOnly);
        Assert.Contains(name, RbdImages.List(Pool));
    }

    [Fact]
    public void A_new_image_without_options_is_the_clusters_default()
    {
        string name = NewName();
        RbdImages.Create(Pool, name, MiB, new RbdCreateOptions());
        using RbdImage image = RbdImage.Open(Pool, name, readOnly: true);
        Assert.Equal(22, image.Stat().Order);
        Assert.True(image.IsReadOnly);
    }

    [Fact]
    public void An_image_can_keep_its_data_in_another_pool()
    {
        string name = NewName();
        RbdImages.Create(Pool, name, 8 * MiB, new RbdCreateOptions { Features = 1, DataPool = "hyper" });
        using RbdImage image = RbdImage.Open(Pool, name, readOnly: true);
        Assert.Equal(RbdFeatures.Layering, image.Features);
        Assert.Equal(
            Errno.NoEntry,
            ErrnoOf(() => RbdImages.Create(Pool, NewName(), MiB, new RbdCreateOptions { DataPool = "no-such-pool" })));
    }

    [Fact]
    public void A_taken_name_is_EEXIST_and_a_missing_one_ENOENT()
    {
        string name = CreateImage(MiB);
        Assert.Equal(Errno.Exists, ErrnoOf(() => RbdImages.Create(Pool, name, MiB, new RbdCreateOptions())));

        string missing = Lab.NewImageName();
        Assert.Equal(Errno.NoEntry, ErrnoOf(() => RbdImage.Open(Pool, missing, readOnly: false).Dispose()));
        Assert.Equal(Errno.NoEntry, ErrnoOf(() => RbdImage.Open(Pool, missing, readOnly: true).Dispose()));
        Assert.Equal(Errno.NoEntry, ErrnoOf(() => RbdImages.Remove(Pool, missing)));
    }

    [Fact]
    public void Features_that_need_others_are_EINVAL() => Assert.Equal(
        Errno.Invalid,
        ErrnoOf(() => RbdImages.Create(Pool, NewName(), MiB, new RbdCreateOptions { Features = RbdFeatures.ObjectMap })));

    [Fact]
    public void Long_lists_of_images_come_whole()
    {
        using RadosIoContext apart = Cluster.OpenPool("hyper");
        apart.SetNamespace("");
        string[] names = [.. Enumerable.Range(0, 120).Select(_ => NewName())];
        foreach (string name in names)
        {
            RbdImages.Create(apart, name, MiB, new RbdCreateOptions { Features = RbdFeatures.Layering });
        }

        Assert.Subset(RbdImages.List(apart).ToHashSet(), names.ToHashSet());
    }

    [Fact]
    public void What_is_written_is_read()
    {
        string name = CreateImage(16 * MiB);
        byte[] data = new byte[100_000];
        Random.Shared.NextBytes(data);
        using (RbdImage image = RbdImage.Open(Pool, name, readOnly: false))
        {
            image.Write((4 * MiB) - 50_000, data);
            image.Flush();
            Assert.Null(image.LastCloseResult);
            image.Dispose();
            Assert.Equal(0, image.LastCloseResult);
        }

        using RbdImage again = RbdImage.Open(Pool, name, readOnly: true);
        byte[] read = new byte[100_002];
        Assert.Equal(read.Length, again.Read((4 * MiB) - 50_001, read));
        Assert.Equal([0, .. data, 0], read);
    }

    [Fact]
    public void Reads_stop_and_writes_fail_at_the_end()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: false);
        byte[] buffer = new byte[4096];
        Assert.Equal(1024, image.Read(MiB - 1024, buffer));
        Assert.Equal(Errno.Invalid, ErrnoOf(() => image.Read(MiB, buffer)));
        Assert.Equal(Errno.Invalid, ErrnoOf(() => image.Write(MiB + 1, buffer)));
    }

    [Fact]
    public void A_write_that_crosses_the_end_fails_although_a_part_of_it_fits()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: false);
        Assert.Contains(ErrnoOf(() => image.Write(MiB - 1024, new byte[4096])), new[] { Errno.Io, Errno.Invalid });
    }

    [Fact]
    public void A_read_only_image_takes_no_change()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(MiB), readOnly: true);
        Assert.Equal(Errno.ReadOnly, ErrnoOf(() => image.Write(0, "x"u8)));
        Assert.Equal(Errno.ReadOnly, ErrnoOf(() => image.Resize(2 * MiB)));
        Assert.Equal(Errno.ReadOnly, ErrnoOf(() => image.SetMetadata("a", "b")));
    }

    [Fact]
    public void An_image_can_grow()
    {
        using RbdImage image = RbdImage.Open(Pool, CreateImage(8 * MiB), readOnly: false);
        image.Resize(32 * MiB);
        Assert.Equal(32 * MiB, image.Stat().SizeBytes);
        image.Write((32 * MiB) - 1, "x"u8);
    }

    [Fact]
    public void Metadata_is_kept_however_long()
    {
        string name = CreateImage(MiB);
        string value = string.Concat(Enumerable.Repeat("wäre lang ", 400));
        using (RbdImage image = RbdImage.Open(Pool, name, readOnly: false))
        {
            Assert.Null(image.GetMetadata("cephrbd.key"));
            image.SetMetadata("cephrbd.key", "short");
            image.SetMetadata("cephrbd.key", value);
        }

        using RbdImage again = RbdImage.Open(Pool, name, readOnly: false);
        Assert.Equal(value, again.GetMetadata("cephrbd.key"));
        again.RemoveMetadata("cephrbd.key");
        again.RemoveMetadata("cephrbd.key");
        Assert.Null(again.GetMetadata("cephrbd.key"));
    }

    [Fact]
    public void Lockers_of_an_image_are_listed()
    {
        string name = CreateImage(MiB);
        using RbdImage image = RbdImage.Open(Pool, name, readOnly: false);
        Assert.Empty(image.ListLockers());

        (int exit, _, string errors) = Lab.Run("rbd", "lock", "add", $"hyper/{name}", "by-hand");
        Assert.True(exit == 0, errors);

        RbdLockOwner owner = Assert.Single(image.ListLockers());
        Assert.StartsWith("client.", owner.Client, StringComparison.Ordinal);
        Assert.Equal("by-hand", owner.Cookie);
        Assert.Contains("127.0.0.", owner.Address, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_is_open_elsewhere_is_not_removed()
    {
        string name = CreateImage(MiB);
        using RadosCluster other = Connect();
        using RadosIoContext otherPool = other.OpenPool("hyper");
        using (RbdImage.Open(otherPool, name, readOnly: false))
        {
            Assert.Equal(Errno.Busy, ErrnoOf(() => RbdImages.Remove(Pool, name)));
        }

        RbdImages.Remove(Pool, name);
        Assert.DoesNotContain(name, RbdImages.List(Pool));
    }

    [Fact]
    public void A_blocklisted_client_gets_ESHUTDOWN()
    {
        string name = CreateImage(MiB);
        using RadosCluster other = Connect();
        using RadosIoContext otherPool = other.OpenPool("hyper");
        using RbdImage image = RbdImage.Open(otherPool, name, readOnly: false);
        Assert.True(otherPool.LockExclusive(name, "lock", "", "", TimeSpan.Zero));
        string address = Assert.Single(Pool.ListLockers(name, "lock")).Address;

        (int exit, _, string errors) = Lab.Run("ceph", "--connect-timeout", "10", "osd", "blocklist", "add", address);
        Assert.True(exit == 0, errors);
        try
        {
            Assert.Equal(Errno.ShutDown, ErrnoOf(() =>
            {
                // The OSDs learn of it within moments, not at once.
                DateTime limit = DateTime.UtcNow.AddSeconds(10);
                while (DateTime.UtcNow < limit)
                {
                    image.Write(0, "x"u8);
                    Thread.Sleep(50);
                }
            }));
            image.Dispose();
            Assert.NotNull(image.LastCloseResult);
        }
        finally
        {
            Lab.Run("ceph", "--connect-timeout", "10", "osd", "blocklist", "rm", address);
            Pool.Remove(name);
        }
    }

    [Fact]
    public void An_image_outlives_the_disposal_of_its_context_and_cluster()
    {
        string name = CreateImage(MiB);
        RadosCluster cluster = Connect();
        RadosIoContext pool = cluster.OpenPool("hyper");
        RbdImage image = RbdImage.Open(pool, name, readOnly: false);
        cluster.Dispose();
        pool.Dispose();

        image.Write(0, "still"u8);
        Assert.Throws<ObjectDisposedException>(() => RbdImage.Open(pool, name, readOnly: true));

        image.Dispose();
        Assert.Equal(0, image.LastCloseResult);
        Assert.Throws<ObjectDisposedException>(() => image.Stat());
        RbdImages.Remove(Pool, name);
    }
}
