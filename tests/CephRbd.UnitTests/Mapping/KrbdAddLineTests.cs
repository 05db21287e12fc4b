using CephRbd.Driver.Mapping;
using CephRbd.UnitTests.Volumes;

namespace CephRbd.UnitTests.Mapping;

public class KrbdAddLineTests
{
    private static readonly KrbdMapRequest _plain =
        new(["10.0.0.1:6789"], "admin", true, new ImageIdentity("hyper", null, "vol1", null), false, 20, 0, new Version(6, 1), false);

    [Fact]
    public void The_line_names_the_key_and_never_holds_it() =>
        Assert.Equal("10.0.0.1:6789 name=admin,key=client.admin,rw,mount_timeout=20 hyper vol1 -", Line(_plain));

    [Fact]
    public void A_map_with_a_client_of_its_own_shares_none() =>
        Assert.Contains(",noshare ", Line(_plain with { OwnClient = true }), StringComparison.Ordinal);

    [Fact]
    public void A_cluster_without_keys_is_given_none() =>
        Assert.Equal("10.0.0.1:6789 name=admin,rw,mount_timeout=20 hyper vol1 -", Line(_plain with { HasKey = false }));

    [Fact]
    public void Every_field_has_its_place() => Assert.Equal(
        "10.0.0.1:6789,[fd00::1]:6789 name=k8s.a,key=client.k8s.a,ro,mount_timeout=5,osd_request_timeout=30,_pool_ns=ns,ms_mode=prefer-crc rbd a+b@s snap",
        Line(new(["10.0.0.1:6789", "[fd00::1]:6789"], "k8s.a", true, new ImageIdentity("rbd", "ns", "a+b@s", "snap"), true, 5, 30, new Version(5, 11, 0), true)));

    [Fact]
    public void An_old_kernel_is_not_given_an_option_it_does_not_know()
    {
        KrbdMapRequest request = _plain with { OsdRequestTimeoutSeconds = 30 };
        Assert.DoesNotContain("osd_request_timeout", Line(request with { Kernel = new Version(4, 10, 17) }), StringComparison.Ordinal);
        Assert.Contains(",osd_request_timeout=30 ", Line(request with { Kernel = new Version(4, 11) }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void The_kernel_never_waits_without_end(int seconds) =>
        Assert.Contains(",mount_timeout=1 ", Line(_plain with { MountTimeoutSeconds = seconds }), StringComparison.Ordinal);

    [Theory]
    [InlineData(" ")]
    [InlineData("\t")]
    [InlineData("\n")]
    [InlineData("\v")]
    [InlineData("\0")]
    public void White_space_ends_a_field(string space)
    {
        string name = $"a{space}b";
        Assert.StartsWith("the pool's name holds ", Problem(_plain with { Identity = _plain.Identity with { Pool = name } }), StringComparison.Ordinal);
        Assert.StartsWith("the image's name holds ", Problem(_plain with { Identity = _plain.Identity with { Image = name } }), StringComparison.Ordinal);
        Assert.StartsWith("the snapshot's name holds ", Problem(_plain with { Identity = _plain.Identity with { Snapshot = name } }), StringComparison.Ordinal);
        Assert.StartsWith("the namespace's name holds ", Problem(_plain with { Identity = _plain.Identity with { Namespace = name } }), StringComparison.Ordinal);
        Assert.StartsWith("the user's name holds ", Problem(_plain with { User = name }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_comma_ends_an_option_but_no_field()
    {
        Assert.Equal("the user's name holds \",\", which the kernel takes for the end of it", Problem(_plain with { User = "a,secret=b" }));
        Assert.Equal(
            "the namespace's name holds \",\", which the kernel takes for the end of it",
            Problem(_plain with { Identity = _plain.Identity with { Namespace = "a,b" } }));
        Assert.EndsWith(" a,b c,d e,f", Line(_plain with { Identity = new ImageIdentity("a,b", null, "c,d", "e,f") }), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_field_would_shift_the_others()
    {
        Assert.Equal("the pool's name is empty", Problem(_plain with { Identity = _plain.Identity with { Pool = "" } }));
        Assert.Equal("the image's name is empty", Problem(_plain with { Identity = _plain.Identity with { Image = "" } }));
        Assert.Equal("the snapshot's name is empty", Problem(_plain with { Identity = _plain.Identity with { Snapshot = "" } }));
        Assert.Equal("the user's name is empty", Problem(_plain with { User = "" }));
        Assert.Equal("no address of a monitor is known", Problem(_plain with { Monitors = [] }));
        Assert.Null(Problem(_plain with { Identity = _plain.Identity with { Namespace = "" } }));
    }

    [Fact]
    public void A_namespace_needs_a_kernel_that_knows_them()
    {
        KrbdMapRequest request = _plain with { Identity = _plain.Identity with { Namespace = "ns" } };
        Assert.Equal("kernel 4.18 can't map an image in a namespace: that needs 4.19", Problem(request with { Kernel = new Version(4, 18) }));
        Assert.Null(Problem(request with { Kernel = new Version(4, 19) }));
    }

    [Fact]
    public void Messenger_v2_needs_a_kernel_that_speaks_it()
    {
        KrbdMapRequest request = _plain with { V2Only = true };
        Assert.Contains("that needs 5.11", Problem(request with { Kernel = new Version(5, 10, 200) }), StringComparison.Ordinal);
        Assert.Null(Problem(request with { Kernel = new Version(5, 11) }));
    }

    [Fact]
    public void A_line_that_the_kernel_would_cut_is_refused()
    {
        KrbdMapRequest Long(int monitors) => _plain with { Monitors = [.. Enumerable.Repeat("10.0.0.1:6789", monitors)] };
        Assert.Null(Problem(Long(287)));
        Assert.Equal(4078, Line(Long(287)).Length);
        Assert.Equal(
            "the line for the kernel would be 4096 bytes long, and fewer than 4096 fit",
            Problem(Long(287) with { Identity = _plain.Identity with { Image = "vol1" + new string('x', 18) } }));
        Assert.Contains("would be", Problem(_plain with { Identity = _plain.Identity with { Image = new string('é', 2100) } }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_problem_has_five_fields_and_the_options_that_were_meant() => Hostile.Feed(
        [" ", ",", "\n", "\t", "vol", "secret=", "noshare", "-"],
        text =>
        {
            KrbdMapRequest request = _plain with { User = text, Identity = new ImageIdentity(text, text, text, text) };
            if (KrbdAddLine.Problem(request) is null)
            {
                string[] fields = Line(request).Split([' ', '\f', '\n', '\r', '\t', '\v']);
                Assert.Equal(5, fields.Length);
                Assert.Equal(5, fields[1].Split(',').Length);
                Assert.Equal((text, text, text), (fields[2], fields[3], fields[4]));
            }
        });

    private static string Problem(KrbdMapRequest request) => KrbdAddLine.Problem(request)!;

    private static string Line(KrbdMapRequest request)
    {
        Assert.Null(KrbdAddLine.Problem(request));
        return KrbdAddLine.Build(request);
    }
}
