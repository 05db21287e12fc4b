using System.Text.Json;
using CephRbd.LabTests.Driving;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Formatting;

public sealed class FormatTests(LabFixture lab) : DriverTest(lab)
{
    [Theory]
    [InlineData("ext4")]
    [InlineData("ext3")]
    [InlineData("ext2")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    [InlineData("vfat")]
    public void a_new_image_gets_a_sound_file_system_of_its_full_size(string fsType)
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size("512Mi"), Volume.FsType(fsType)));
        string path = Export(image);
        Assert.Equal(512 << 20, new FileInfo(path).Length);
        CheckFileSystem(path, fsType);
        HasNoMark(image);
        Driver.Succeed("attach", Volume.Options(image, Volume.FsType(fsType)));
    }

    [Fact]
    public void ext4_fills_the_image_and_takes_mkfs_options()
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size("256Mi"), ("mkfsOptions", "-L 'my data' -E stride=16,stripe-width=32 -m 0")));
        string path = Export(image);
        CheckFileSystem(path, "ext4");
        string header = LabFixture.Execute("dumpe2fs", ["-h", path], TimeSpan.FromSeconds(30)).Output;
        Dictionary<string, string> values = header.Split('\n').Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2)
            .GroupBy(parts => parts[0]).ToDictionary(group => group.Key, group => group.First()[1].Trim(), StringComparer.Ordinal);
        Assert.Equal("my data", values["Filesystem volume name"]);
        Assert.Equal("16", values["RAID stride"]);
        Assert.Equal("32", values["RAID stripe width"]);
        Assert.Equal("0", values["Reserved block count"]);
        Assert.Equal(256 << 20, long.Parse(values["Block count"], null) * long.Parse(values["Block size"], null));
    }

    [Fact]
    public void the_defaults_of_a_new_image_are_librbds()
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size("64Mi")));
        JsonElement info = Info(image);
        Assert.Equal(22, info.GetProperty("order").GetInt32());
        Assert.Equal(["layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten"], Features(info));
    }

    [Theory]
    [InlineData("layering", "layering")]
    [InlineData("1", "layering")]
    [InlineData("layering,exclusive-lock", "layering,exclusive-lock")]
    [InlineData("29", "layering,exclusive-lock,object-map,fast-diff")]
    public void image_features_are_those_asked_for(string asked, string expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size("64Mi"), ("imageFeatures", asked)));
        Assert.Equal(expected.Split(','), Features(Info(image)));
        CheckFileSystem(Export(image), "ext4");
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.PodOptions(image));
    }

    [Theory]
    [InlineData("4Ki", 12, "ext4")]
    [InlineData("64Ki", 16, "ext4")]
    [InlineData("64Ki", 16, "btrfs")]
    [InlineData("32Mi", 25, "ext4")]
    public void object_size_is_the_one_asked_for(string asked, int order, string fsType)
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size("128Mi"), ("objectSize", asked), Volume.FsType(fsType)));
        Assert.Equal(order, Info(image).GetProperty("order").GetInt32());
        CheckFileSystem(Export(image), fsType);
    }

    [Fact]
    public void features_and_object_size_of_the_config_hold_where_the_volume_names_none()
    {
        Driver.With("imageFeatures", "layering").With("objectSize", "8Mi");
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size("64Mi")));
        JsonElement info = Info(image);
        Assert.Equal(23, info.GetProperty("order").GetInt32());
        Assert.Equal(["layering"], Features(info));
    }

    [Theory]
    [InlineData("67108865", 68)]
    [InlineData("65M", 64)]
    [InlineData("1", 4)]
    public void a_size_inside_an_object_is_rounded_up(string size, int mebibytes)
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(size), Volume.FsType("ext2")));
        Assert.Equal((long)mebibytes << 20, Info(image).GetProperty("size").GetInt64());
        CheckFileSystem(Export(image), "ext2");
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(size), Volume.FsType("ext2")));
    }

    [Fact]
    public void an_image_in_a_rados_namespace()
    {
        string ns = "ns" + NewName();
        Ceph("rbd", "namespace", "create", $"hyper/{ns}");
        try
        {
            string dir = Driver.NewMountDir();
            Driver.Succeed("mount", dir, Volume.PodOptions("vol1", Volume.Size("64Mi"), ("namespace", ns)));
            Assert.Contains($"\"volumeID\":\"{ns}/vol1\",\"pool\":\"hyper\"", File.ReadAllText(Path.Combine(dir, "hyper-flexvolume.json")), StringComparison.Ordinal);
            CheckFileSystem(Export($"hyper/{ns}/vol1"), "ext4");
            Driver.Succeed("mount", dir, Volume.PodOptions("vol1", ("namespace", ns)));
            Driver.Fail(["attach", Volume.Options("vol1")], "hyper/vol1", "does not exist");
        }
        finally
        {
            Lab.Run("rbd", "rm", "--no-progress", $"hyper/{ns}/vol1");
            Ceph("rbd", "namespace", "rm", $"hyper/{ns}");
        }
    }

    [Fact]
    public void a_missing_rados_namespace_is_named()
    {
        string image = NewName();
        Driver.Fail(["attach", Volume.Options(image, Volume.Size("64Mi"), ("namespace", "nosuchns"))], $"hyper/nosuchns/{image}", "namespace");
    }

    [Fact]
    public void an_image_with_a_data_pool_of_its_own()
    {
        string pool = "data" + NewName();
        Ceph("ceph", "osd", "pool", "create", pool, "4", "4");
        try
        {
            Ceph("rbd", "pool", "init", pool);
            string image = NewName();
            NewDriver("admin").Succeed("attach", Volume.Options(image, Volume.Size("64Mi"), ("dataPool", pool)));
            Assert.Equal(pool, Info(image).GetProperty("data_pool").GetString());
            CheckFileSystem(Export(image), "ext4");
            Ceph("rbd", "rm", "--no-progress", Spec(image));
        }
        finally
        {
            Ceph("ceph", "osd", "pool", "rm", pool, pool, "--yes-i-really-really-mean-it");
        }

        string other = NewName();
        NewDriver("admin").Fail(["attach", Volume.Options(other, Volume.Size("64Mi"), ("dataPool", "nosuchpool"))], $"hyper/{other}", "data pool");
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(61UL)]
    public void an_image_that_somebody_else_created_blank_is_formatted(ulong features)
    {
        string image = CreateImage(64 * MiB, features);
        Driver.Succeed("attach", Volume.Options(image));
        CheckFileSystem(Export(image), "ext4");
        HasNoMark(image);
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(61UL)]
    public void an_image_wiped_with_zeros_is_blank(ulong features)
    {
        string image = CreateImage(16 * MiB, features);
        using (var open = RbdImage.Open(Pool, image, readOnly: false))
        {
            open.Write(0, new byte[16 << 20]);
        }

        Driver.Succeed("attach", Volume.Options(image));
        CheckFileSystem(Export(image), "ext4");
    }

    [Fact]
    public void a_blank_image_that_somebody_has_open_is_not_formatted()
    {
        string image = CreateImage(64 * MiB, 61);
        Driver.With("timeoutSeconds", 6);
        using (var open = RbdImage.Open(Pool, image, readOnly: false))
        {
            Driver.Fail(["attach", Volume.Options(image)], $"hyper/{image}", "open", "rbd status");
        }

        Assert.Equal("", Blkid(Export(image), "TYPE"));
        Driver.With("timeoutSeconds", 60).Succeed("attach", Volume.Options(image));
    }

    [Fact]
    public void data_that_another_client_writes_while_the_driver_waits_for_it_is_kept()
    {
        string image = CreateImage(64 * MiB, 61);
        DriverProcess process;
        using (var open = RbdImage.Open(Pool, image, readOnly: false))
        {
            process = Driver.Start("attach", Volume.Options(image));
            Thread.Sleep(1500);
            open.Write(33 << 20, "somebody's"u8);
        }

        using (process)
        {
            Reply reply = process.Reply();
            Assert.True(reply.Status == "Failure" && reply.Message.Contains("not blank", StringComparison.Ordinal), reply.Raw);
        }
    }

    [Theory]
    [InlineData("ext4", "1Ti", "61", 1L << 40)]
    [InlineData("xfs", "1Ti", "61", 1L << 40)]
    [InlineData("ext4", "100Gi", "layering", 100L << 30)]
    public void a_large_image_is_formatted_within_the_deadline(string fsType, string size, string features, long bytes)
    {
        string image = NewName();
        Driver.Succeed("attach", Volume.Options(image, Volume.Size(size), Volume.FsType(fsType), ("imageFeatures", features)));
        string path = ExportExtents(image);
        Assert.Equal(bytes, new FileInfo(path).Length);
        CheckFileSystem(path, fsType);
    }

    // Exporting by Ceph's tool asks for each of the 262,144 objects.
    private string ExportExtents(string image)
    {
        string path = Path.Combine(Driver.Dir, "extents");
        using FileStream file = File.Create(path);
        using var open = RbdImage.Open(Pool, image, readOnly: true);
        ulong size = open.Stat().SizeBytes;
        file.SetLength((long)size);
        byte[] buffer = new byte[4 << 20];
        List<(ulong Offset, ulong Length)> extents = [];
        open.DiffExtents(0, size, wholeObject: false, (offset, length, exists) =>
        {
            if (exists)
            {
                extents.Add((offset, length));
            }

            return true;
        });
        foreach ((ulong offset, ulong length) in extents)
        {
            for (ulong at = offset; at < offset + length; at += (ulong)buffer.Length)
            {
                int read = open.Read(at, buffer.AsSpan(0, (int)Math.Min((ulong)buffer.Length, offset + length - at)));
                RandomAccess.Write(file.SafeFileHandle, buffer.AsSpan(0, read), (long)at);
            }
        }

        return path;
    }

    private static string[] Features(JsonElement info) => [.. info.GetProperty("features").EnumerateArray().Select(feature => feature.GetString()!)];
}
