using CephRbd.Driver.Mapping;
using CephRbd.UnitTests.Volumes;
using FsCheck;
using FsCheck.Fluent;

namespace CephRbd.UnitTests.Mapping;

public class StageNameTests
{
    [Theory]
    [InlineData(null, "hyper", null, "vol1", null, "hyper~~vol1")]
    [InlineData("ceph", "hyper", null, "vol1", null, "hyper~~vol1~ceph")]
    [InlineData("", "hyper", null, "vol1", null, "hyper~~vol1~")]
    [InlineData("b.2", "hyper", "ns", "vol-1.a_b", null, "hyper~ns~vol-1.a_b~b.2")]
    [InlineData(null, "hyper", null, "vol1", "s 1", "hyper~~vol1@s%201")]
    [InlineData(null, ".", "..", "../x", null, "%2E~..~..%2Fx")]
    [InlineData(null, "-a", null, "~@%+", null, "%2Da~~%7E%40%25%2B")]
    [InlineData(null, "é😀", null, "a\nb", null, "%C3%A9%F0%9F%98%80~~a%0Ab")]
    public void A_name_is_safe_and_reads_back(string? cluster, string pool, string? space, string image, string? snapshot, string name)
    {
        ImageIdentity identity = new(pool, space, image, snapshot);
        Assert.Equal(name, StageName.Of(cluster, identity with { ClusterFsid = "f", ImageId = "i" }));
        Assert.True(StageName.TryParse(name, out string? readCluster, out ImageIdentity? read));
        Assert.Equal((cluster, identity), (readCluster, read));
    }

    [Fact]
    public void Every_identity_reads_back_or_is_cut()
    {
        Gen<string> text = Gen.Frequency(
            (3, Gen.Elements("a", "~", "@", "%", "%41", "+", ".", "..", "-", "/", "é", "\0", " ", "ceph").NonEmptyListOf().Select(string.Concat)),
            (1, ArbMap.Default.GeneratorFor<NonEmptyString>().Select(any => string.Concat(any.Get.Where(c => !char.IsSurrogate(c))) + "x")));
        Gen<string?> maybe = Gen.Frequency((1, Gen.Constant<string?>(null)), (2, text.Select(some => (string?)some)));
        Gen<(string? Cluster, ImageIdentity Identity)> gen =
            from cluster in maybe
            from pool in text
            from space in maybe
            from image in text
            from snapshot in maybe
            select (cluster, new ImageIdentity(pool, space, image, snapshot));
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Hostile.Inputs).WithEndSize(60),
            Prop.ForAll(gen.ToArbitrary(), input =>
            {
                string name = StageName.Of(input.Cluster, input.Identity);
                Assert.InRange(name.Length, 1, StageName.MaxBytes);
                Assert.Matches("^[A-Za-z0-9_%][A-Za-z0-9._%~@+-]*$", name);
                bool whole = StageName.TryParse(name, out string? cluster, out ImageIdentity? identity);
                Assert.Equal(name.Length == StageName.MaxBytes && name[^17] == '+', !whole);
                Assert.True(!whole || (cluster == input.Cluster && identity == input.Identity));
            }));
    }

    [Fact]
    public void A_long_name_is_cut_and_still_tells_images_apart()
    {
        string same = new('x', 250);
        string a = StageName.Of(null, new ImageIdentity("hyper", null, same + "a", null));
        string b = StageName.Of(null, new ImageIdentity("hyper", null, same + "b", null));
        Assert.Equal((240, 240), (a.Length, b.Length));
        Assert.NotEqual(a, b);
        Assert.Equal(a, StageName.Of(null, new ImageIdentity("hyper", null, same + "a", null)));
        Assert.False(StageName.TryParse(a, out _, out _));
        string whole = StageName.Of(null, new ImageIdentity("hyper", null, new string('x', 233), null));
        Assert.Equal(240, whole.Length);
        Assert.True(StageName.TryParse(whole, out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("vol1")]
    [InlineData("hyper~vol1")]
    [InlineData("~~vol1")]
    [InlineData("hyper~~")]
    [InlineData("hyper~~a~b~c")]
    [InlineData("hyper~~a@b@c")]
    [InlineData("hyper~~a%2")]
    [InlineData("hyper~~a%")]
    [InlineData("hyper~~a%zz")]
    [InlineData("hyper~~a%2f")] // Of writes capitals
    [InlineData("hyper~~%61")] // Of leaves letters
    [InlineData(".hyper~~a")]
    [InlineData("hyper~~a b")]
    [InlineData("hyper~~a/b")]
    [InlineData("hyper~~é")]
    [InlineData("hyper~~%FF")]
    [InlineData("hyper~~a+0123456789abcdef")]
    [InlineData("lost+found")]
    public void Another_name_is_no_images(string name)
    {
        Assert.False(StageName.TryParse(name, out string? cluster, out ImageIdentity? identity));
        Assert.Equal((null, null), (cluster, identity));
        Assert.False(StageName.IsOne(name));
    }

    [Fact]
    public void Whole_and_cut_names_are_told_from_others()
    {
        string cut = StageName.Of(null, new ImageIdentity("hyper", null, new string('i', 300), null));
        Assert.True(StageName.IsOne("hyper~~vol1"));
        Assert.True(StageName.IsOne(cut));
        Assert.False(StageName.IsOne(cut[1..]));
        Assert.False(StageName.IsOne(cut[..^1] + "g"));
    }

    [Theory]
    [InlineData("hyper~~vol1", false)]
    [InlineData("hyper~~vol1~prod", false)]
    [InlineData("hyper~~vol10", true)]
    [InlineData("hyper~~vol", true)]
    [InlineData("hyper~ns~vol1", true)]
    [InlineData("other~~vol1~prod", true)]
    [InlineData("data", false)]
    [InlineData("", false)]
    public void Another_images_name_is_known_without_taking_it_apart(string name, bool anothers) =>
        Assert.Equal(anothers, StageName.IsAnothers(name, StageName.Of(null, new ImageIdentity("hyper", null, "vol1", null))));

    [Fact]
    public void A_name_that_was_cut_may_be_any_images()
    {
        string cut = StageName.Of(null, new ImageIdentity("hyper", null, new string('i', 300), null));
        Assert.False(StageName.IsAnothers(cut, "hyper~~vol1"));
        Assert.False(StageName.IsAnothers("hyper~~vol1", cut));
    }
}
