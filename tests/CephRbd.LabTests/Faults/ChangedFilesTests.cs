using System.Collections.Concurrent;
using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// Config, keyring and ceph.conf that are changed while calls read them: replaced by rename, emptied, cut off in the
/// middle, overwritten with something else. A call goes by one whole version, or fails in words.
/// </summary>
public sealed class ChangedFilesTests(LabFixture lab) : FaultTest(lab)
{
    private const int Usual = 4;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(4);

    [Theory]
    [InlineData("config")]
    [InlineData("keyring")]
    [InlineData("ceph.conf")]
    public void a_mount_goes_by_one_whole_version_of_a_file_that_changes_or_fails_in_words(string file)
    {
        Random dice = FaultRounds.Dice(6);
        using Versions versions = NewVersions(file);
        PublishedDriver driver = versions.Driver;
        int rounds = FaultRounds.Of(Usual);
        ConcurrentDictionary<string, int> seen = new(StringComparer.Ordinal);
        for (int round = 0; round < rounds; round++)
        {
            string dir = driver.NewMountDir($"vol{round}");
            Reply reply;
            using (Churn churn = new(versions, dice.Next()))
            {
                reply = driver.Call("mount", dir, versions.Options);
            }

            versions.Settle();
            Answers.HasNoPartOf(versions.OtherKey, reply.Raw);
            if (reply.Status == "Success")
            {
                seen.AddOrUpdate($"by {versions.VersionOf(dir)}", 1, (_, count) => count + 1);
            }
            else
            {
                seen.AddOrUpdate("in words", 1, (_, count) => count + 1);

                // The volume is not known where the config that names its pool is not.
                Assert.True(
                    reply.Message.Contains(versions.Image, StringComparison.Ordinal) || reply.Message.Contains(versions.Path, StringComparison.Ordinal), reply.Raw);
                Assert.Empty(Mounted.At(dir));
            }

            Answers.Check(reply, driver.Key, Hurried, "mount", image: null);
            driver.Succeed("unmount", dir);
            IsEmpty(dir);
            IsMadeGood(driver, dir, versions.Options, versions.Image);
            Leftovers.NoneOnNode(driver);
        }

        versions.NothingIsLeft();
        TestContext.Current.TestOutputHelper?.WriteLine($"{file}: {rounds} mounts: {string.Join(", ", seen.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}"))}");
    }

    [Theory]
    [InlineData("keyring")]
    [InlineData("ceph.conf")]
    public void an_unmount_succeeds_whatever_becomes_of_the_files_meanwhile(string file)
    {
        Random dice = FaultRounds.Dice(7);
        using Versions versions = NewVersions(file);
        PublishedDriver driver = versions.Driver;
        for (int round = FaultRounds.Of(Usual); round > 0; round--)
        {
            string dir = driver.NewMountDir($"vol{round}");
            driver.Succeed("mount", dir, versions.Options);
            Reply reply;
            using (Churn churn = new(versions, dice.Next()))
            {
                reply = driver.Call("unmount", dir);
            }

            versions.Settle();
            Answers.Check(reply, driver.Key, Hurried, "unmount", image: null);
            Assert.True(reply.Status == "Success", reply.Raw);
            IsEmpty(dir);
            IsMadeGood(driver, dir, versions.Options, versions.Image);
            Leftovers.NoneOnNode(driver);
        }

        versions.NothingIsLeft();
    }

    private Versions NewVersions(string file)
    {
        PublishedDriver driver = NewDriver().With("timeoutSeconds", Hurried);
        string image = Formatted();
        string own = driver.WriteFile("own.keyring", File.ReadAllText(Path.Combine(Lab.Dir, "ceph.client.cephrbd.keyring")));
        string conf = driver.WriteFile("own.conf", ConfWithoutKeyring());
        driver.With("keyringFile", own).With("confFile", conf);
        string path = file switch { "config" => driver.ConfigFile, "keyring" => own, _ => conf };
        string first = File.ReadAllText(path);
        string second = file switch
        {
            // Another user with another key: whoever took one of each would be refused.
            "config" => first
                .Replace("\"cephrbd\"", "\"admin\"", StringComparison.Ordinal)
                .Replace(own, Lab.AdminKeyringFile, StringComparison.Ordinal),
            "keyring" => "# a comment before it\n" + first,
            _ => first + "\n[client.admin]\nlog_max_recent = 77\n",
        };
        Assert.NotEqual(first, second);
        return new Versions(driver, image, path, first, second, PublishedDriver.ReadKey(Lab.AdminKeyringFile), () => Leftovers.NoneInCluster(image));
    }

    private string ConfWithoutKeyring() =>
        string.Concat(File.ReadLines(Lab.ConfFile).Where(line => !line.StartsWith("keyring", StringComparison.Ordinal)).Select(line => line + "\n"));

    /// <summary>A file in two whole versions, the volume that is mounted by them, and what it tells of them.</summary>
    private sealed class Versions(
        PublishedDriver driver, string image, string path, string first, string second, string otherKey, Action nothingIsLeft) : IDisposable
    {
        public PublishedDriver Driver => driver;

        public string Image => image;

        public string Path => path;

        public string[] Whole { get; } = [first, second];

        public string OtherKey => otherKey;

        public string Options { get; } = Volume.PodOptions(image, Volume.Size("16Mi"));

        public void NothingIsLeft() => nothingIsLeft();

        /// <summary>Whose user and key the tag has: both of one version, or it is a half.</summary>
        public string VersionOf(string dir)
        {
            IsMounted(dir, image);
            using var tag = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(dir, "hyper-flexvolume.json")));
            JsonElement data = tag.RootElement.GetProperty("cephRBDOptsData");
            (string? user, string? key) = (data.GetProperty("user").GetString(), data.GetProperty("keyring").GetString());
            Assert.True((user, key) == ("cephrbd", driver.Key) || (user, key) == ("admin", otherKey), $"the tag has the user {user} and another's key");
            return $"client.{user}";
        }

        /// <summary>The first version, whole.</summary>
        public void Settle() => Replace(first);

        public void Replace(string text)
        {
            string temporary = path + ".new";
            File.WriteAllText(temporary, text);
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(temporary, path, overwrite: true);
        }

        public void Dispose() => Settle();
    }

    /// <summary>Changes the file again and again, at random instants, until it is disposed of.</summary>
    private sealed class Churn : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task _work;

        public Churn(Versions versions, int seed)
        {
            Random dice = new(seed);
            _work = Task.Factory.StartNew(
                () =>
                {
                    while (!_end.IsCancellationRequested)
                    {
                        Change(versions, dice);
                        Thread.Sleep(FaultRounds.Part(dice, _pause));
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public void Dispose()
        {
            _end.Cancel();
            _work.GetAwaiter().GetResult();
            _end.Dispose();
        }

        private static void Change(Versions versions, Random dice)
        {
            string whole = versions.Whole[dice.Next(2)];
            switch (dice.Next(6))
            {
                case 0:
                    File.WriteAllText(versions.Path, whole[..dice.Next(whole.Length)]);
                    break;
                case 1:
                    byte[] noise = new byte[dice.Next(1, 3000)];
                    dice.NextBytes(noise);
                    File.WriteAllBytes(versions.Path, noise);
                    break;
                default:
                    versions.Replace(whole);
                    break;
            }
        }
    }
}
