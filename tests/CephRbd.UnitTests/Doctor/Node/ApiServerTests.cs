using System.Net;
using CephRbd.Driver.Doctor;
using CephRbd.Driver.Doctor.Node;

namespace CephRbd.UnitTests.Doctor.Node;

public class ApiServerTests
{
    private const string Shown = """
        1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
        1: lo    inet6 ::1/128 scope host \       valid_lft forever preferred_lft forever
        2: eth0    inet 172.16.4.101/24 brd 172.16.4.255 scope global eth0\       valid_lft forever
        3: veth0@if5    inet 10.1.0.1/16 scope global veth0\       valid_lft forever
        3: veth0@if5    inet6 fe80::1/64 scope link \       valid_lft forever
        4: tun0    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0\       valid_lft forever
        """;

    private static readonly ApiServerChecks.Seen _silent = new("https://172.16.4.250:6443", "/etc/kubernetes/kubelet.conf", IPAddress.Parse("172.16.4.250"), Reach.Silent, "no answer within 2 s")
    {
        Own = NodeAddress.Parse(Shown),
    };

    [Theory]
    [InlineData("clusters:\n- cluster:\n    certificate-authority-data: LS0=\n    server: https://172.16.4.250:6443\n  name: kubernetes\n", "https://172.16.4.250:6443")]
    [InlineData("- cluster: {}\n  server: \"https://a:6443\" # floating\n", "https://a:6443")]
    [InlineData("- server: 'https://[fd00::1]:6443'\r\n", "https://[fd00::1]:6443")]
    [InlineData("{\"clusters\":[\n{\"server\": \"https://b\"}]}", "https://b")]
    [InlineData("servers: 3\nservername: x\n# server: https://c\n", null)]
    [InlineData("server:\n", null)]
    public void The_server_is_read_from_a_kubeconfig(string text, string? server) => Assert.Equal(server, ApiServerChecks.Server(text));

    [Fact]
    public void Addresses_are_read_with_device_and_prefix() => Assert.Equal(
        ["lo 127.0.0.1/8", "lo ::1/128", "eth0 172.16.4.101/24", "veth0 10.1.0.1/16", "veth0 fe80::1/64", "tun0 10.8.0.1/32"],
        NodeAddress.Parse(Shown).Select(own => $"{own.Device} {own.Address}/{own.Prefix}"));

    [Theory]
    [InlineData("172.16.4.101", 24, "172.16.4.250", true)]
    [InlineData("172.16.4.101", 25, "172.16.4.250", false)]
    [InlineData("172.16.4.130", 25, "172.16.4.250", true)]
    [InlineData("172.16.4.101", 32, "172.16.4.101", true)]
    [InlineData("172.16.4.101", 24, "fd00::1", false)]
    [InlineData("fd00::2", 64, "fd00::1", true)]
    public void A_subnet_is_told_by_its_prefix(string own, int prefix, string other, bool beside) =>
        Assert.Equal(beside, new NodeAddress("eth0", IPAddress.Parse(own), prefix).IsBeside(IPAddress.Parse(other)));

    [Theory]
    [InlineData("172.16.4.250 dev eth0 lladdr 52:54:00:12:34:56 REACHABLE\n", "52:54:00:12:34:56")]
    [InlineData("172.16.4.250 dev eth0 lladdr 52:54:00:12:34:56 STALE\n", "52:54:00:12:34:56")]
    [InlineData("172.16.4.250 dev eth0  FAILED\n", null)]
    [InlineData("172.16.4.250 dev eth0  INCOMPLETE\n", null)]
    [InlineData("", null)]
    public void A_neighbour_is_who_answered_for_the_address(string output, string? mac) => Assert.Equal(mac, ApiServerChecks.NeighbourIn(output));

    [Fact]
    public void On_a_master_the_missing_floating_address_is_added_with_its_real_prefix_and_device()
    {
        Finding found = ApiServerChecks.Judge(_silent with { IsMaster = true });
        Assert.Equal(FindingState.Failed, found.State);
        Assert.StartsWith("ip addr add 172.16.4.250/24 dev eth0;", found.Remedy, StringComparison.Ordinal);
        Assert.Contains("7_floating_ip.sh 172.16.4.250/24 eth0", found.Remedy, StringComparison.Ordinal);
        Assert.Contains("https://172.16.4.250:6443", found.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Elsewhere_the_masters_are_told_to()
    {
        Assert.StartsWith("on one master, with the name of its own interface: ip addr add 172.16.4.250/24", ApiServerChecks.Judge(_silent).Remedy, StringComparison.Ordinal);
        Finding far = ApiServerChecks.Judge(_silent with { Own = [new NodeAddress("eth0", IPAddress.Parse("192.168.1.2"), 24)], IsMaster = true });
        Assert.StartsWith("ip route get 172.16.4.250; on the masters:", far.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_somebody_has_is_not_given_a_second_time()
    {
        Assert.DoesNotContain("ip addr add", ApiServerChecks.Judge(_silent with { IsMaster = true, Reach = Reach.Refused }).Remedy, StringComparison.Ordinal);
        Finding other = ApiServerChecks.Judge(_silent with { IsMaster = true, Neighbour = "52:54:00:12:34:56" });
        Assert.DoesNotContain("ip addr add", other.Remedy, StringComparison.Ordinal);
        Assert.Contains("52:54:00:12:34:56", other.Evidence, StringComparison.Ordinal);
        Finding own = ApiServerChecks.Judge(_silent with { IsMaster = true, Reach = Reach.Refused, Address = IPAddress.Parse("172.16.4.101") });
        Assert.Contains("this node's own (eth0)", own.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain("ip addr add", own.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_without_an_address_and_a_server_that_answers_are_told()
    {
        Assert.StartsWith("getent hosts api.example;", ApiServerChecks.Judge(new("https://api.example:6443", "/f", null, Reach.Silent, "none")).Remedy, StringComparison.Ordinal);
        Assert.Equal(FindingState.Ok, ApiServerChecks.Judge(_silent with { Reach = Reach.Answered }).State);
    }
}
