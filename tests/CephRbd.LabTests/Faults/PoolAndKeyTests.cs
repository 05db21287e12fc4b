using System.Globalization;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// A pool that is deleted, and a key that is taken back or loses its rights: between the calls or in the middle of
/// them. Both come back.
/// </summary>
public sealed class PoolAndKeyTests(LabFixture lab) : FaultTest(lab)
{
    private const int Usual = 3;
    private static readonly TimeSpan _calls = TimeSpan.FromMilliseconds(120);

    [Fact]
    public void a_pool_that_is_deleted_keeps_no_pod_from_ending_and_comes_back_empty_of_what_was_left()
    {
        Random dice = FaultRounds.Dice(4);
        string pool = "pool-" + Lab.NewImageName();
        PublishedDriver driver = NewDriver("admin");
        int rounds = FaultRounds.Of(Usual);
        MakePool(pool);
        try
        {
            string idle = Formatted(pool);
            string used = Formatted(pool);
            for (int round = 0; round < rounds; round++)
            {
                string when = Attack(
                    driver, dice, idle, used, pool,
                    () => Ceph("ceph", "osd", "pool", "rm", pool, pool, "--yes-i-really-really-mean-it"),
                    () =>
                    {
                        MakePool(pool);
                        Import($"{pool}/{idle}");
                        Import($"{pool}/{used}");
                    });
                Tell($"pool {pool} deleted, round {round}, {when}");
            }
        }
        finally
        {
            Lab.Run("ceph", "osd", "pool", "rm", pool, pool, "--yes-i-really-really-mean-it");
        }
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("replaced")]
    [InlineData("without rights")]
    public void a_user_whose_key_is_taken_back_unmounts_all_the_same_and_mounts_once_it_is_back(string how)
    {
        Random dice = FaultRounds.Dice(5);
        string user = "user-" + Lab.NewImageName();
        string keyring = Path.Combine(Lab.Dir, $"ceph.client.{user}.keyring");
        string[] rights = ["mon", "profile rbd", "osd", "profile rbd pool=hyper"];
        Ceph("ceph", ["auth", "get-or-create", $"client.{user}", .. rights, "-o", keyring]);
        File.SetUnixFileMode(keyring, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        try
        {
            string whole = Driver.WriteFile("whole.keyring", Ceph("ceph", "auth", "export", $"client.{user}"));
            string other = Driver.WriteFile("other.keyring", File.ReadAllText(whole).Replace(PublishedDriver.ReadKey(whole), AnotherKey(), StringComparison.Ordinal));
            PublishedDriver driver = NewDriver(user);
            string idle = Formatted();
            string used = Formatted();
            int rounds = FaultRounds.Of(Usual);
            for (int round = 0; round < rounds; round++)
            {
                string when = Attack(
                    driver, dice, idle, used, "hyper",
                    () => Ceph("ceph", how switch
                    {
                        "deleted" => ["auth", "del", $"client.{user}"],
                        "replaced" => ["auth", "import", "-i", other],
                        _ => ["auth", "caps", $"client.{user}", "mon", "allow r", "osd", "allow r pool=hyper"],
                    }),
                    () => Ceph("ceph", "auth", "import", "-i", whole));
                Tell($"client.{user} {how}, round {round}, {when}");
            }
        }
        finally
        {
            Lab.Run("ceph", "auth", "del", $"client.{user}");
            File.Delete(keyring);
        }
    }

    private static void Tell(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    // One round: a mount and an unmount at once, and what happens to them at some instant, or before.
    private string Attack(PublishedDriver driver, Random dice, string idle, string used, string pool, Action takeAway, Action giveBack)
    {
        string idleDir = driver.NewMountDir(idle);
        string usedDir = driver.NewMountDir(used);
        (string, string)[] more = [("pool", pool), Volume.Size("16Mi")];
        string idleOptions = Volume.PodOptions(idle, more);
        string usedOptions = Volume.PodOptions(used, more);
        driver.With("timeoutSeconds", Patient).Succeed("mount", usedDir, usedOptions);
        driver.With("timeoutSeconds", Hurried);
        bool before = dice.Next(3) == 0;
        TimeSpan instant = FaultRounds.Part(dice, _calls);
        bool back = false;
        try
        {
            if (before)
            {
                takeAway();
            }

            Task<Reply> mount = Answers.Await(driver, driver.Start("mount", idleDir, idleOptions), Hurried, "mount", $"{pool}/{idle}");
            Task<Reply> unmount = Answers.Await(driver, driver.Start("unmount", usedDir), Hurried, "unmount", image: null);
            if (!before)
            {
                Thread.Sleep(instant);
                takeAway();
            }

            Task.WaitAll(mount, unmount);
            Assert.True(unmount.Result.Status == "Success", $"an unmount failed: {unmount.Result.Raw}");
            IsEmpty(usedDir);
            bool mounted = mount.Result.Status == "Success";
            Assert.Equal(mounted ? 1 : 0, Mounted.At(idleDir).Count);

            // While it is away: what is mounted can be unmounted, what is not is refused in words.
            if (dice.Next(2) == 0)
            {
                Reply again = driver.Call("mount", usedDir, usedOptions);
                Answers.Check(again, driver.Key, Hurried, "mount", $"{pool}/{used}");
                Assert.True(again.Status == "Failure", $"a mount succeeded with nothing to mount: {again.Raw}");
                Answers.Check(driver.Succeed("unmount", idleDir), driver.Key, Hurried, "unmount", image: null);
                IsEmpty(idleDir);
            }

            giveBack();
            back = true;
            driver.With("timeoutSeconds", Patient);
            IsMadeGood(driver, idleDir, idleOptions, idle, pool);
            IsMadeGood(driver, usedDir, usedOptions, used, pool);
            Leftovers.NoneOnNode(driver);
            new Leftovers(Lab, pool).NoneInCluster(idle, used);
            HoldsItsContents(idle, pool);
            HoldsItsContents(used, pool);
            return string.Create(
                CultureInfo.InvariantCulture, $"{(before ? "before the calls" : $"{instant.TotalMilliseconds:0} ms after their start")}: the mount {(mounted ? "succeeded" : "failed in words")}");
        }
        finally
        {
            if (!back)
            {
                giveBack();
            }
        }
    }

    private void MakePool(string pool)
    {
        Ceph("ceph", "osd", "pool", "create", pool, "4", "4");
        Ceph("rbd", "pool", "init", pool);
    }

    private static string AnotherKey() => Tool("ceph-authtool", "--gen-print-key").Trim();
}
