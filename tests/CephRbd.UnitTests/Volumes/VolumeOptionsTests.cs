using System.Text;
using CephRbd.Driver.Volumes;

namespace CephRbd.UnitTests.Volumes;

public class VolumeOptionsTests
{
    /// <summary>The key as kubelet passes it.</summary>
    private static readonly string _inner = Convert.ToBase64String(Encoding.UTF8.GetBytes(Hostile.Key));

    [Fact]
    public void The_originals_options_still_work()
    {
        VolumeSpec spec = VolumeOptions.Parse(
            """{"kubernetes.io/fsType":"ext4","kubernetes.io/readwrite":"rw","volumeID":"vol1"}""", "hyper");
        Assert.Equal("hyper/vol1", spec.ImageSpec);
        Assert.Equal("ext4", spec.FsType);
        Assert.False(spec.ReadOnly);
        Assert.Empty(spec.MkfsOptions);
        Assert.Equal((null, null), (spec.MountOptions, spec.Mapper));
        Assert.Equal(
            (null, null, null, null, null, null, null, null, null, null),
            (spec.Namespace, spec.Cluster, spec.User, spec.Key, spec.SizeBytes, spec.DataPool, spec.ImageFeatures, spec.ObjectSizeBytes, spec.Pod, spec.VolumeName));
    }

    [Fact]
    public void Every_option_arrives()
    {
        VolumeSpec spec = VolumeOptions.Parse(
            """
            {"volumeID":"vol1","pool":"p","size":"1.5Gi","user":"client.k8s.a","cluster":"site-b.2","namespace":"ns",
             "dataPool":"ec","imageFeatures":"layering, exclusive-lock","objectSize":"8Mi","mkfsOptions":"-m 0 -L 'a b'","mountOptions":"noatime,discard","mapper":"nbd",
             "kubernetes.io/fsType":"xfs","kubernetes.io/readwrite":"ro","kubernetes.io/pvOrVolumeName":"pv1",
             "kubernetes.io/pod.name":"web","kubernetes.io/pod.namespace":"default","kubernetes.io/pod.uid":"u-1",
             "kubernetes.io/serviceAccount.name":"sa","kubernetes.io/mounterArgs.FsGroup":"1000","kubernetes.io/fsGroup":"1000",
             "kubernetes.io/something.new":"x"}
            """,
            "hyper");
        Assert.Equal("p/ns/vol1", spec.ImageSpec);
        Assert.Equal(3UL << 29, spec.SizeBytes);
        Assert.Equal("k8s.a", spec.User);
        Assert.Equal("site-b.2", spec.Cluster);
        Assert.Equal("ec", spec.DataPool);
        Assert.Equal(5UL, spec.ImageFeatures);
        Assert.Equal(8UL << 20, spec.ObjectSizeBytes);
        Assert.Equal(["-m", "0", "-L", "a b"], spec.MkfsOptions);
        Assert.Equal(("noatime,discard", MapperKind.Nbd), (spec.MountOptions, spec.Mapper));
        Assert.Equal("xfs", spec.FsType);
        Assert.True(spec.ReadOnly);
        Assert.Equal("pv1", spec.VolumeName);
        Assert.Equal(new PodIdentity("web", "default", "u-1", "sa"), spec.Pod);
    }

    [Theory]
    [InlineData("""{"volumeID":"v","pool":""}""")]
    [InlineData("""{"volumeID":"v"}""")]
    public void A_missing_or_empty_pool_is_the_default_one(string json) =>
        Assert.Equal("hyper/v", VolumeOptions.Parse(json, "hyper").ImageSpec);

    [Fact]
    public void An_empty_fsType_is_ext4() =>
        Assert.Equal("ext4", VolumeOptions.Parse("""{"volumeID":"v","kubernetes.io/fsType":""}""", "hyper").FsType);

    [Theory]
    [InlineData("61", 61UL)]
    [InlineData("0", 0UL)]
    [InlineData("1", 1UL)]
    [InlineData("layering,exclusive-lock,object-map,fast-diff,deep-flatten", 61UL)]
    [InlineData("Exclusive-Lock,journaling", 68UL)]
    [InlineData("layering,striping,data-pool", 131UL)]
    public void Image_features_are_numbers_or_names(string text, ulong features) =>
        Assert.Equal(features, VolumeOptions.Parse($$"""{"volumeID":"v","imageFeatures":"{{text}}"}""", "hyper").ImageFeatures);

    [Theory]
    [InlineData("auto", MapperKind.Auto)]
    [InlineData("krbd", MapperKind.Krbd)]
    [InlineData("nbd", MapperKind.Nbd)]
    internal void A_volume_may_choose_its_mapper(string text, MapperKind mapper) =>
        Assert.Equal(mapper, VolumeOptions.Parse($$"""{"volumeID":"v","mapper":"{{text}}"}""", "hyper").Mapper);

    [Theory]
    [InlineData("imageFeatures", "object-map", "exclusive-lock")]
    [InlineData("imageFeatures", "exclusive-lock,fast-diff", "object-map")]
    [InlineData("imageFeatures", "journaling", "exclusive-lock")]
    [InlineData("imageFeatures", "8", "exclusive-lock")]
    [InlineData("imageFeatures", "256", "256")]
    [InlineData("imageFeatures", "layring", "layering")]
    [InlineData("imageFeatures", "", "unknown")]
    [InlineData("imageFeatures", "layering,", "unknown")]
    [InlineData("imageFeatures", "-1", "unknown")]
    [InlineData("size", "", "no size")]
    [InlineData("size", "10GB", "no size")]
    [InlineData("size", "-1", "no size")]
    [InlineData("size", "0", "more than 0")]
    [InlineData("objectSize", "2Ki", "power of two")]
    [InlineData("objectSize", "64Mi", "power of two")]
    [InlineData("objectSize", "3Mi", "power of two")]
    [InlineData("cluster", "../../root/x", "\"/\"")]
    [InlineData("cluster", "a..b", "\"..\"")]
    [InlineData("cluster", "a b", "letters")]
    [InlineData("cluster", "", "empty")]
    [InlineData("namespace", "", "empty")]
    [InlineData("namespace", "a/b", "\"/\"")]
    [InlineData("dataPool", "a:b", "\":\"")]
    [InlineData("user", "a:key=b", "\":\"")]
    [InlineData("user", "client.", "empty")]
    [InlineData("pool", "a@b", "\"@\"")]
    [InlineData("mkfsOptions", "-L 'a", "quote")]
    [InlineData("mkfsOptions", "-d /etc", "paths")]
    [InlineData("mkfsOptions", "-l logdev=/dev/sda", "paths")]
    [InlineData("mkfsOptions", "-d ..", "paths")]
    [InlineData("mapper", "", "auto, krbd or nbd")]
    [InlineData("mapper", "kernel", "auto, krbd or nbd")]
    [InlineData("kubernetes.io/fsType", "ext4;reboot", "fsType")]
    [InlineData("kubernetes.io/fsType", "../x", "fsType")]
    [InlineData("kubernetes.io/fsType", "EXT4", "fsType")]
    [InlineData("kubernetes.io/fsType", "-x", "fsType")]
    [InlineData("kubernetes.io/fsType", "a234567890123456789012345678901234", "fsType")]
    [InlineData("kubernetes.io/readwrite", "", "ro or rw")]
    [InlineData("kubernetes.io/readwrite", "RO", "ro or rw")]
    public void A_bad_value_is_refused_by_the_options_name(string option, string value, string reason)
    {
        VolumeException e = Assert.Throws<VolumeException>(
            () => VolumeOptions.Parse($$"""{"volumeID":"v","{{option}}":"{{value.Replace("\\", @"\\", StringComparison.Ordinal)}}"}""", "hyper"));
        Assert.Contains(option.Replace("kubernetes.io/", "", StringComparison.Ordinal), e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "\"volumeID\" is missing")]
    [InlineData("""{"volumeID":""}""", "\"volumeID\" is empty")]
    [InlineData("""{"volumeId":"v"}""", "did you mean \"volumeID\"?")]
    [InlineData("""{"volumeID":"v","poool":"p"}""", "unknown option \"poool\": did you mean \"pool\"?")]
    [InlineData("""{"volumeID":"v","monitors":"p"}""", "the options are volumeID, pool, size")]
    [InlineData("""{"volumeID":"v","volumeID":"w"}""", "\"volumeID\" is given twice")]
    [InlineData("""{"volumeID":"v","size":10}""", "\"size\" is a number, but all options are strings: write it in quotes")]
    [InlineData("""{"volumeID":"v","size":true}""", "\"size\" is a boolean")]
    [InlineData("""{"volumeID":"v","size":null}""", "\"size\" is null")]
    [InlineData("""{"volumeID":"v","size":{}}""", "\"size\" is an object")]
    [InlineData("""{"volumeID":"v","size":[]}""", "\"size\" is an array")]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("""null""", "not a JSON object")]
    [InlineData("", "line 1, column 1")]
    [InlineData("{\"volumeID\":\"v\",\n  x}", "line 2, column 3")]
    [InlineData("""{"volumeID":"v"} x""", "not valid JSON")]
    [InlineData("""{"volumeID":"v"}{}""", "not valid JSON")]
    [InlineData("""{"volumeID":"v",}""", "not valid JSON")]
    [InlineData("""{"volumeID":"v\u0000"}""", "\"volumeID\" holds the character \\u0000")]
    [InlineData("""{"volumeID":"v","mkfsOptions":"a\nb"}""", "\"mkfsOptions\" holds the character \\u000a")]
    [InlineData("""{"volumeID":"\ud800"}""", "\"volumeID\" in the volume's options is not valid Unicode")]
    [InlineData("""{"volumeID":"v","a\u001bb":"x"}""", "\"a\\u001bb\"")]
    public void A_bad_object_is_refused_with_a_hint(string json, string hint)
    {
        VolumeException e = Assert.Throws<VolumeException>(() => VolumeOptions.Parse(json, "hyper"));
        Assert.Contains(hint, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"volumeID":"v","sise":"1Gi"}""", "image hyper/v: unknown option \"sise\"")]
    [InlineData("""{"volumeID":"v","pool":"p","size":"1Gx"}""", "image p/v: ")]
    [InlineData("""{"volumeID":"v","pool":"a/b"}""", "option \"pool\"")]
    [InlineData("""{"volumeID":"a/b","sise":"1Gi"}""", "unknown option")]
    public void What_is_wrong_with_a_volume_is_told_with_its_image_if_that_has_a_name(string json, string start) => Assert.StartsWith(
        start, Assert.Throws<VolumeException>(() => VolumeOptions.Parse(json, "hyper")).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        VolumeException e = Assert.Throws<VolumeException>(() => VolumeOptions.Parse("{\"volumeID\":\"\ud800\"}", "hyper"));
        Assert.Contains("not valid Unicode", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_over_1_MiB_is_refused()
    {
        string json = """{"volumeID":"v","kubernetes.io/x":"%"}""".Replace("%", new string('x', 1 << 20), StringComparison.Ordinal);
        VolumeException e = Assert.Throws<VolumeException>(() => VolumeOptions.Parse(json, "hyper"));
        Assert.Contains("1 MiB", e.Message, StringComparison.Ordinal);
        Assert.InRange(e.Message.Length, 1, 300);
    }

    [Theory]
    [InlineData("size")]
    [InlineData("objectSize")]
    [InlineData("imageFeatures")]
    [InlineData("cluster")]
    [InlineData("userKey")]
    [InlineData("kubernetes.io/fsType")]
    [InlineData("kubernetes.io/readwrite")]
    [InlineData("kubernetes.io/secret/userKey")]
    [InlineData("unknown")]
    public void A_key_in_the_wrong_place_is_not_shown(string option)
    {
        foreach (string key in (string[])[Hostile.Key, _inner, "x" + Hostile.Key, Hostile.Key + _inner])
        {
            Hides($"{{\"volumeID\":\"v\",\"{option}\":\"{key}\"}}");
            Hides($"{{\"volumeID\":\"v\",\"{option}\":\"\",\"{key}\":\"x\"}}");
            Hides($"{{\"volumeID\":\"v\",\"{key}\":1}}");
            Hides($"{{\"volumeID\":\"v\",\"{option}\":\"{key}\",\"{option}\":\"{key}\"}}");
            Hides($"{{\"volumeID\":\"v\",\"{option}\":\"{key}\" x}}");
            Hides($"{{\"volumeID\":\"v\",\"{option}\":\"\\u0001{key}\"}}");
        }

        static void Hides(string json)
        {
            VolumeException e = Assert.Throws<VolumeException>(() => VolumeOptions.Parse(json, "hyper"));
            Assert.DoesNotContain(Hostile.Key[..30], e.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(_inner[..30], e.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Hostile_pairs_give_only_clean_failures() =>
        Hostile.Feed(
            [
                "\"pool\":\"p\",", "\"user\":\"u\",", "\"size\":\"", "\",", $"\"kubernetes.io/secret/key\":\"{_inner}\",", $"\"{Hostile.Key}\":\"", $"\"{_inner}\":\"x\",",
                $"\"cluster\":\"{Hostile.Key}\",", "\"namespace\":\"\\ud800\",", "\"\\udc00\":\"x\",", "\"kubernetes.io/secret/userKey\":\"sword\",", "\"dataPool\":\"d\",",
            ],
            text => VolumeOptions.Parse("{" + text + "\"volumeID\":\"v\"}", "hyper"),
            Hostile.Key,
            _inner);

    [Fact]
    public void Hostile_text_gives_only_clean_failures()
    {
        string[] pieces =
        [
            "{", "}", "\"volumeID\":\"v\",", "\"pool\":\"", "\",", "\"size\":\"1Gi\"", "\"kubernetes.io/secret/key\":\"", _inner, Hostile.Key,
            "\"kubernetes.io/secret/userID\":\"YQ==\",", "\"", ":", ",", "\\u0000", "\\ud800", "\"mkfsOptions\":\"-L 'a", "null", "[", "\"imageFeatures\":\"", "\"kubernetes.io/fsType\":\"",
        ];
        Hostile.Feed(pieces, text => VolumeOptions.Parse(text, "hyper"), Hostile.Key, _inner);
        Hostile.Feed(pieces, text => VolumeOptions.Parse("{\"volumeID\":\"v\",\"" + text + "\"}", "hyper"), Hostile.Key, _inner);
    }
}
