using System.Diagnostics;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Reservations;

/// <summary>A writer that died without a word: its client is shut out before another gets the image.</summary>
public sealed class TakeoverTests : DriverTest
{
    // A dead client's watch ends after 30 s.
    private static readonly TimeSpan _forgotten = TimeSpan.FromSeconds(45);

    private readonly PublishedDriver _n2;

    public TakeoverTests(LabFixture lab)
        : base(lab) => _n2 = NewDriver().With("nodeName", "n2");

    [Fact]
    public void a_dead_owner_of_the_exclusive_lock_is_shut_out_and_then_the_image_is_given()
    {
        string image = FormattedImage();
        KillAWriter(image);
        string owner = LockOwner(image)!;
        _n2.Fail(["mount", _n2.NewMountDir(), Volume.PodOptions(image)], "is in use", "a client that died is gone after 30 s");
        Await(() => Watchers(image) == 0);
        Assert.Equal(owner, LockOwner(image));

        PublishedDriver without = WithoutTheRight();
        without.Fail(
            ["mount", without.NewMountDir(), Volume.PodOptions(image)],
            owner, "osd blocklist", "ceph auth caps client.noblock mon 'profile rbd'", $"ceph osd blocklist add {owner}");
        Assert.DoesNotContain(owner, Blocklist(), StringComparison.Ordinal);

        _n2.Succeed("mount", _n2.NewMountDir(), Volume.PodOptions(image));
        Assert.Contains(owner, Blocklist(), StringComparison.Ordinal);
        Assert.Null(LockOwner(image));
        CheckFileSystem(Export(image), "ext4");
    }

    [Fact]
    public void release_says_who_has_it_and_what_it_would_break_and_does_it_only_when_told()
    {
        string image = FormattedImage();
        PublishedDriver n1 = NewDriver().With("nodeName", "n1");
        n1.Succeed("mount", n1.NewMountDir(), Volume.PodOptions(image));

        (int exit, string said) = Release(Spec(image));
        Assert.Equal(1, exit);
        Assert.Contains("given to   node n1, pod default/web-0", said, StringComparison.Ordinal);
        Assert.Contains("if a VM or container of node n1 still runs", said, StringComparison.Ordinal);
        Assert.Contains($"Nothing was done. To do it: cephrbd release --yes {Spec(image)}", said, StringComparison.Ordinal);
        _n2.Fail(["mount", _n2.NewMountDir(), Volume.PodOptions(image)], "reserved for another writer");

        (exit, said) = Release("--yes", Spec(image));
        Assert.True(exit == 0, said);
        _n2.Succeed("mount", _n2.NewMountDir(), Volume.PodOptions(image));

        Assert.Equal(2, Release(Spec("no-such-image")).Exit);
        Assert.Equal(2, Release("no-pool").Exit);
    }

    [Fact]
    public void release_shuts_a_live_client_out_only_when_told()
    {
        string image = FormattedImage();
        using Process writer = StartWriter(image);
        try
        {
            Await(() => LockOwner(image) is not null);
            string owner = LockOwner(image)!;
            (int exit, string said) = Release("--shut-out", Spec(image));
            Assert.Equal(1, exit);
            Assert.Contains($"shuts out {owner} as well, which has the image open NOW", said, StringComparison.Ordinal);
            Assert.DoesNotContain(owner, Blocklist(), StringComparison.Ordinal);
            (exit, said) = Release("--yes", "--shut-out", Spec(image));
            Assert.True(exit == 0, said);
            Assert.Contains(owner, Blocklist(), StringComparison.Ordinal);
            Assert.True(writer.WaitForExit(TimeSpan.FromSeconds(30)), "a client that is shut out writes on");
        }
        finally
        {
            writer.Kill();
        }
    }

    private string FormattedImage()
    {
        string image = CreateImage(64 * MiB, 61);
        Driver.Succeed("attach", Volume.Options(image));
        return image;
    }

    // The image's contents do not count here.
    private Process StartWriter(string image) => Process.Start(new ProcessStartInfo(
        "rbd",
        [
            "-c", Lab.ConfFile, "--keyring", Lab.AdminKeyringFile, "bench", "--io-type", "write", "--io-size", "512", "--io-threads", "1",
            "--io-total", "10G", Spec(image),
        ]))!;

    // A VM's QEMU without the VM: it writes where the file system has nothing, and is killed with the image open.
    private void KillAWriter(string image)
    {
        using Process qemu = Process.Start(new ProcessStartInfo(
            "qemu-io",
            ["-f", "raw", "-c", "write -P 0 60M 512", "-c", "flush", "-c", "sleep 600000", $"rbd:{Spec(image)}:id=admin:conf={Lab.ConfFile}:keyring={Lab.AdminKeyringFile}"]))!;
        try
        {
            Await(() => LockOwner(image) is not null);
        }
        finally
        {
            qemu.Kill();
        }
    }

    private string? LockOwner(string image)
    {
        string listed = Ceph("rbd", "lock", "ls", Spec(image), "--format", "json");
        using var json = System.Text.Json.JsonDocument.Parse(listed);
        return json.RootElement.EnumerateArray().Select(owner => owner.GetProperty("address").GetString()!.Replace("v1:", "", StringComparison.Ordinal)).FirstOrDefault();
    }

    private string Blocklist() => Ceph("ceph", "osd", "blocklist", "ls");

    private PublishedDriver WithoutTheRight()
    {
        string keyring = Path.Combine(Driver.Dir, "noblock.keyring");
        File.WriteAllText(keyring, Ceph("ceph", "auth", "get-or-create", "client.noblock", "mon", "allow r", "osd", "allow rwx pool=hyper"));
        File.SetUnixFileMode(keyring, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return NewDriver().With("nodeName", "n3").With("user", "noblock").With("keyringFile", keyring);
    }

    private (int Exit, string Said) Release(params string[] args)
    {
        (int exit, string output, string errors) = LabFixture.Execute(
            Driver.Binary, ["--config", Driver.ConfigFile, "release", .. args], TimeSpan.FromSeconds(60));
        return (exit, output + errors);
    }

    private static void Await(Func<bool> condition)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); Thread.Sleep(500))
        {
            Assert.True(watch.Elapsed < _forgotten, "it did not come to be in time");
        }
    }
}
