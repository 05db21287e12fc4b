using System.Globalization;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Doctor;

/// <summary>
/// What the published driver's doctor says of a node: each script of the folder <c>node</c> runs in mount, network and
/// process namespaces of its own, so a test's kubelet is the only one and nothing outlives it.
/// </summary>
public sealed class NodeTests(LabFixture lab)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(180);

    private static string Folder => Path.Combine(LabFixture.FindRepositoryRoot(), "tests", "CephRbd.LabTests", "Doctor", "node");

    public static TheoryData<string> Scenarios() =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, "scenarios")).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void The_doctor_names_what_is_wrong_with_a_node_and_the_remedy_helps(string scenario)
    {
        string driver = PublishedDriver.FindBinary(lab.RepositoryRoot);
        (int exit, string output, string errors) = LabFixture.Execute(
            "unshare",
            [
                "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "driver=" + driver,
                "bash", Path.Combine(Folder, "scenarios", scenario + ".sh"),
            ],
            _limit);
        Assert.True(exit == 0, string.Create(CultureInfo.InvariantCulture, $"scenario {scenario} ended with {exit}:\n{output}\n{errors}"));
    }
}
