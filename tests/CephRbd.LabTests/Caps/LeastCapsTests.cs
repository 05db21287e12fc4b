using System.Diagnostics;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Caps;

/// <summary>The least caps for each thing, as docs/security.md lists them: with these it works, with one less it is said.</summary>
public sealed class LeastCapsTests(LabFixture lab) : DriverTest(lab)
{
    private readonly List<string> _users = [];

    [Theory]
    [InlineData("mount for reading", "allow r", "allow rx pool=hyper", true)]
    [InlineData("mount for reading", "allow r", "allow r class-read pool=hyper", true)]
    [InlineData("mount for reading", "profile rbd-read-only", "profile rbd-read-only pool=hyper", true)]
    [InlineData("mount for reading", "allow r", "allow r pool=hyper", false)]
    [InlineData("mount for reading", "allow r", "allow rx pool=other", false)]
    [InlineData("mount for reading", "allow r", null, false)]
    [InlineData("mount", "allow r", "allow rwx pool=hyper", true)]
    [InlineData("mount", "profile rbd", "profile rbd pool=hyper", true)]
    [InlineData("mount", "allow r", "allow rx pool=hyper", false)]
    [InlineData("mount", "allow r", "allow rw pool=hyper", false)]
    [InlineData("mount", "profile rbd-read-only", "profile rbd-read-only pool=hyper", false)]
    [InlineData("format", "allow r", "allow rwx pool=hyper", true)]
    [InlineData("format", "allow r", "allow rx pool=hyper", false)]
    [InlineData("create", "allow r", "allow rwx pool=hyper", true)]
    [InlineData("create", "allow r", "allow rx pool=hyper", false)]
    [InlineData("grow", "allow r", "allow rwx pool=hyper", true)]
    [InlineData("grow", "allow r", "allow rx pool=hyper", false)]
    [InlineData("look who has it", "allow r", "allow rx pool=hyper", true)]
    [InlineData("look who has it", "allow r", "allow r pool=hyper", false)]
    public void the_least_caps_do_and_one_less_is_named(string what, string mon, string? osd, bool enough)
    {
        string image = what == "create" ? NewName() : CreateImage(64 * MiB, 61);
        if (what is not ("create" or "format"))
        {
            Driver.Succeed("attach", Volume.Options(image));
        }

        (PublishedDriver driver, string user) = WithCaps(mon, osd);
        if (what == "look who has it")
        {
            (int exit, string said) = Release(driver, Spec(image));
            Assert.True(exit == (enough ? 0 : 2), said);
            Assert.True(enough || said.Contains($"ceph auth caps client.{user}", StringComparison.Ordinal), said);
            return;
        }

        string[] call = what switch
        {
            "mount for reading" => ["mount", driver.NewMountDir(), Volume.PodOptions(image, Volume.ReadOnly)],
            "mount" => ["mount", driver.NewMountDir(), Volume.PodOptions(image)],
            "format" => ["attach", Volume.Options(image)],
            "create" => ["attach", Volume.Options(image, Volume.Size("64Mi"))],
            "grow" => ["expandvolume", Volume.Options(image), "/unused", "134217728", "67108864"],
            _ => throw new ArgumentException("no such thing", nameof(what)),
        };
        if (enough)
        {
            driver.Succeed(call);
            driver.Succeed("unmount", driver.NewMountDir());
        }
        else
        {
            driver.Fail(call, $"hyper/{image}", $"client.{user}", $"ceph auth caps client.{user}", "osd 'profile rbd pool=hyper'");
            Assert.Empty(Mounted.At(driver.NewMountDir()));
            Assert.True(what != "create" || !Exists(image), "an image was made all the same");
        }

        if (Exists(image))
        {
            Assert.Equal(0, Watchers(image));
            HasNoMark(image);
        }
    }

    [Theory]
    [InlineData("allow r", false)]
    [InlineData("allow r, allow command \"osd blacklist\"", false)]
    [InlineData("allow r, allow command \"osd blocklist\"", true)]
    [InlineData("profile rbd", true)]
    public void to_shut_a_client_out_takes_one_command_of_the_monitors(string mon, bool enough)
    {
        string image = CreateImage(64 * MiB, 61);
        (PublishedDriver driver, string user) = WithCaps(mon, "allow rwx pool=hyper");
        using Process writer = Process.Start(new ProcessStartInfo(
            "rbd",
            ["-c", Lab.ConfFile, "--keyring", Lab.AdminKeyringFile, "bench", "--io-type", "write", "--io-size", "512", "--io-threads", "1", "--io-total", "10G", Spec(image)])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            for (var clock = Stopwatch.StartNew(); Ceph("rbd", "lock", "ls", Spec(image)).Trim().Length == 0; Thread.Sleep(200))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "the writer took no lock");
            }

            (int exit, string said) = Release(driver, "--yes", "--shut-out", Spec(image));
            Assert.True(exit == 0 == enough, $"{exit}: {said}");
            if (!enough)
            {
                Assert.Contains("osd blocklist", said, StringComparison.Ordinal);
                Assert.Contains($"ceph auth caps client.{user}", said, StringComparison.Ordinal);
                Assert.False(writer.HasExited, "it was shut out all the same");
            }
        }
        finally
        {
            writer.Kill();
            writer.WaitForExit();
        }
    }

    protected override void Release()
    {
        foreach (string user in _users)
        {
            Lab.Run("ceph", "auth", "rm", $"client.{user}");
        }

        base.Release();
    }

    private (PublishedDriver Driver, string User) WithCaps(string mon, string? osd)
    {
        string user = NewName();
        _users.Add(user);
        string[] caps = osd is null ? ["mon", mon] : ["mon", mon, "osd", osd];
        string keyring = Driver.WriteFile(user + ".keyring", Ceph("ceph", ["auth", "get-or-create", $"client.{user}", .. caps]));
        return (NewDriver().With("user", user).With("keyringFile", keyring), user);
    }

    private static (int Exit, string Said) Release(PublishedDriver driver, params string[] args)
    {
        (int exit, string output, string errors) = LabFixture.Execute(
            driver.Binary, ["--config", driver.ConfigFile, "release", .. args], TimeSpan.FromSeconds(60));
        return (exit, output + errors);
    }
}
