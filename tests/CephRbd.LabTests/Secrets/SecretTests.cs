using System.Collections.Concurrent;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Secrets;

public sealed class SecretTests(LabFixture lab) : DriverTest(lab)
{
    private const string TagName = "hyper-flexvolume.json";

    [Fact]
    public void the_pods_secret_key_is_used_in_place_of_the_keyring()
    {
        NoKeyring();
        Driver.Succeed("mount", Driver.NewMountDir(), Volume.PodOptions(NewName(), Volume.Size("64Mi"), Volume.Secret("key", Driver.Key)));
        Assert.Contains(Driver.Key, File.ReadAllText(Path.Combine(Driver.NewMountDir(), TagName)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cephrbd", "")]
    [InlineData("client.cephrbd", "\n")]
    [InlineData("cephrbd\n", "\r\n")]
    [InlineData(" cephrbd ", " \n\n")]
    public void the_pods_secret_names_user_and_key_and_white_space_around_them_goes(string user, string after)
    {
        NoKeyring();
        Driver.With("user", "somebodyelse");
        string dir = Driver.NewMountDir();
        Driver.Succeed("mount", dir, Volume.PodOptions(
            NewName(), Volume.Size("64Mi"), Volume.Secret("userID", user), Volume.Secret("userKey", Driver.Key + after)));
        Assert.Contains($"\"user\":\"cephrbd\",\"keyring\":\"{Driver.Key}\"", File.ReadAllText(Path.Combine(dir, TagName)), StringComparison.Ordinal);
    }

    [Fact]
    public void a_wrong_secret_is_not_made_good_by_the_keyring()
    {
        string image = NewName();
        string other = PublishedDriver.ReadKey(Lab.AdminKeyringFile);
        Reply reply = Driver.Fail(["mount", Driver.NewMountDir(), Volume.PodOptions(image, Volume.Size("64Mi"), Volume.Secret("key", other))], $"hyper/{image}", "client.cephrbd");
        Assert.DoesNotContain(other, reply.Raw, StringComparison.Ordinal);
        Assert.False(Exists(image));
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void the_key_is_in_no_argument_log_output_or_file_but_the_tag(string fsType)
    {
        // Tests that run meanwhile have the key of client.cephrbd in arguments on purpose.
        PublishedDriver driver = NewDriver(UserOfItsOwn());
        SlowMkfs(driver, fsType);
        driver.With("logLevel", "debug");
        string dir = driver.NewMountDir();
        string image = NewName();
        string options = Volume.PodOptions(image, Volume.Size("512Mi"), Volume.FsType(fsType));
        string[] arguments = ArgumentsSeenDuring(() => driver.Succeed("mount", dir, options));
        Assert.Contains(arguments, line => line.Contains("mkfs." + fsType, StringComparison.Ordinal));
        Assert.DoesNotContain(arguments, line => line.Contains(driver.Key, StringComparison.Ordinal));

        driver.Fail(["mount", dir, Volume.PodOptions("other", Volume.Secret("key", driver.Key))]);
        driver.Succeed("mount", dir, Volume.PodOptions(image, Volume.FsType(fsType), Volume.Secret("key", driver.Key)));
        Assert.NotEmpty(File.ReadAllText(Path.Combine(driver.Dir, "environment")));
        Assert.NotEmpty(File.ReadAllText(driver.LogFile));
        Assert.Equal([Path.Combine(dir, TagName)], FilesWith(driver));
        driver.Succeed("unmount", dir);
        Assert.Empty(FilesWith(driver));
    }

    [Fact]
    public void verbose_steps_never_show_the_key()
    {
        string dir = Driver.NewMountDir();
        string options = Volume.PodOptions(NewName(), Volume.Size("64Mi"), Volume.Secret("key", Driver.Key));
        foreach (string[] call in (string[][])[["mount", dir, options], ["mount", dir, options], ["mount", dir, Volume.PodOptions("other", Volume.Secret("key", Driver.Key))], ["unmount", dir]])
        {
            using DriverProcess process = Driver.Start(["--verbose", .. call]);
            (int exit, string raw) = process.Wait();
            Assert.Equal(0, exit);
            Assert.DoesNotContain(Driver.Key, raw, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Driver.Key)), raw, StringComparison.Ordinal);
            string[] lines = raw.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(lines.Length > 1, raw);
            Assert.Contains(lines, line => line.StartsWith("{\"status\":", StringComparison.Ordinal));
        }
    }

    // Long enough to be seen; it also writes down the environment that it was given.
    private static void SlowMkfs(PublishedDriver driver, string fsType)
    {
        string folder = Path.Combine(driver.Dir, "bin");
        string tool = Path.Combine(folder, "mkfs." + fsType);
        Directory.CreateDirectory(folder);
        File.WriteAllText(tool, $"#!/bin/bash\nenv >'{driver.Dir}/environment'\nsleep 0.5\nexec /usr/sbin/mkfs.{fsType} \"$@\"\n");
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        driver.WithEnvironment("PATH", folder + ":/usr/sbin:/usr/bin:/sbin:/bin");
    }

    private string UserOfItsOwn()
    {
        const string User = "secrets";
        Ceph("ceph", "auth", "get-or-create", "client." + User, "mon", "profile rbd", "osd", "profile rbd pool=hyper",
            "-o", Path.Combine(Lab.Dir, $"ceph.client.{User}.keyring"));
        return User;
    }

    private void NoKeyring() => Driver
        .With("keyringFile", Path.Combine(Driver.Dir, "missing.keyring"))
        .With("confFile", Driver.WriteFile("ceph.conf", ConfWithoutKeyring()));

    private static IReadOnlyList<string> FilesWith(PublishedDriver driver) =>
    [
        .. Directory.EnumerateFiles(driver.Dir, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Where(path => File.ReadAllText(path).Contains(driver.Key, StringComparison.Ordinal)),
    ];

    // As often as the machine can: what every user of the node could have read meanwhile.
    private static string[] ArgumentsSeenDuring(Action body)
    {
        ConcurrentDictionary<string, bool> seen = new();
        using CancellationTokenSource over = new();
        var watch = Task.Factory.StartNew(
            () =>
            {
                while (!over.IsCancellationRequested)
                {
                    foreach (string folder in Directory.EnumerateDirectories("/proc"))
                    {
                        if (char.IsAsciiDigit(folder[6]))
                        {
                            seen.TryAdd(ReadArguments(folder), true);
                        }
                    }
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            body();
        }
        finally
        {
            over.Cancel();
            watch.Wait();
        }

        return [.. seen.Keys];
    }

    private static string ReadArguments(string folder)
    {
        try
        {
            return File.ReadAllText(folder + "/cmdline");
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return "";
        }
    }
}
