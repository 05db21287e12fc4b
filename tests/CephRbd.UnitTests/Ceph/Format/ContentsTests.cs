using CephRbd.Driver.Ceph.Format;
using CephRbd.Native.Blkid;

namespace CephRbd.UnitTests.Ceph.Format;

public class ContentsTests
{
    private static readonly Signature _ext4 = new("filesystem", "ext4", "uuid-1", "label", "1.0");
    private static readonly Signature _gpt = new("partition-table", "gpt", "uuid-2", null, null);

    [Fact]
    public void No_signature_is_no_proof_of_blankness() =>
        Assert.Equal(ContentsKind.Unknown, Contents.Of(new ProbeResult(ProbeOutcome.Nothing, [])).Kind);

    [Fact]
    public void Contradicting_signatures_are_data()
    {
        Assert.Equal(ContentsKind.Data, Contents.Of(new ProbeResult(ProbeOutcome.Ambivalent, [])).Kind);
        Assert.Equal(ContentsKind.Data, Contents.Of(new ProbeResult(ProbeOutcome.Ambivalent, [_ext4])).Kind);
    }

    [Fact]
    public void One_file_system_alone_is_a_file_system()
    {
        var contents = Contents.Of(new ProbeResult(ProbeOutcome.Found, [_ext4]));
        Assert.Equal((ContentsKind.FileSystem, "ext4", "uuid-1"), (contents.Kind, contents.FileSystem, contents.Uuid));
        Assert.Contains("ext4", contents.Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("raid", "LVM2_member")]
    [InlineData("crypto", "crypto_LUKS")]
    [InlineData("partition-table", "dos")]
    [InlineData("other", "swap")]
    public void Anything_else_is_data_and_named(string kind, string type)
    {
        var contents = Contents.Of(new ProbeResult(ProbeOutcome.Found, [new Signature(kind, type, null, null, null)]));
        Assert.Equal(new Contents(ContentsKind.Data, $"{type} ({kind})"), contents);
    }

    [Fact]
    public void A_file_system_beside_something_else_is_data_and_both_are_named()
    {
        var contents = Contents.Of(new ProbeResult(ProbeOutcome.Found, [_ext4, _gpt, _gpt]));
        Assert.Equal(new Contents(ContentsKind.Data, "ext4 (filesystem) and gpt (partition-table)"), contents);
    }
}
