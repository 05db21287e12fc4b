using System.Text;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// Mounts and unmounts of one dir that overlap, are killed and repeated, as by a kubelet that is restarted. Whatever
/// came before, a last mount leaves one tag, and a last unmount nothing.
/// </summary>
public sealed class ScheduleTests(LabFixture lab) : FaultTest(lab)
{
    private const int Usual = 10;
    private const int MostSteps = 9;
    private const int Seconds = 20;
    private static readonly TimeSpan _gap = TimeSpan.FromMilliseconds(60);

    [Fact]
    public void after_any_schedule_of_mounts_unmounts_and_kills_a_last_mount_leaves_one_tag_and_a_last_unmount_nothing()
    {
        Random dice = FaultRounds.Dice(2);
        string image = Formatted();
        string options = Volume.PodOptions(image, Volume.Size("16Mi"));
        int killed = 0;
        int answered = 0;
        int rounds = FaultRounds.Of(Usual);
        for (int round = 0; round < rounds; round++)
        {
            string dir = Driver.NewMountDir($"vol{round}");
            string schedule = Run(dice, dir, image, options, ref killed, ref answered);
            try
            {
                Driver.Succeed("mount", dir, options);
                IsMounted(dir, image);
                Driver.Succeed("mount", dir, options);
                IsMounted(dir, image);
                Driver.Succeed("unmount", dir);
                IsEmpty(dir);
                Driver.Succeed("unmount", dir);
                Leftovers.NoneOnNode(Driver);
                Leftovers.NoneInCluster(image);
                HoldsItsContents(image);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"round {round}, after {schedule}: {e.Message}", e);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} schedules, {killed} calls killed, {answered} answered");
        Assert.True(answered > 0 && (killed > 0 || rounds < Usual), $"{killed} killed, {answered} answered");
    }

    // The calls that are left run to their end; each has to answer within its time.
    private string Run(Random dice, string dir, string image, string options, ref int killed, ref int answered)
    {
        Driver.With("timeoutSeconds", Seconds);
        StringBuilder schedule = new();
        List<(string Verb, DriverProcess Call)> running = [];
        try
        {
            for (int step = dice.Next(3, MostSteps + 1); step > 0; step--)
            {
                switch (dice.Next(5))
                {
                    case 0 or 1:
                        running.Add(("mount", Driver.Start("mount", dir, options)));
                        schedule.Append("mount, ");
                        break;
                    case 2 or 3:
                        running.Add(("unmount", Driver.Start("unmount", dir)));
                        schedule.Append("unmount, ");
                        break;
                    default:
                        if (running.Count > 0)
                        {
                            // kubelet's death takes its children with it; the new one repeats the call.
                            (string verb, DriverProcess call) = running[dice.Next(running.Count)];
                            running.Remove((verb, call));
                            killed += Kill(call) ? 1 : 0;
                            running.Add((verb, Driver.Start(verb == "mount" ? ["mount", dir, options] : ["unmount", dir])));
                            schedule.Append("kill and repeat ").Append(verb).Append(", ");
                        }

                        break;
                }

                TimeSpan gap = FaultRounds.Part(dice, _gap);
                schedule.Append(gap.TotalMilliseconds.ToString("0", System.Globalization.CultureInfo.InvariantCulture)).Append(" ms, ");
                Thread.Sleep(gap);
            }

            Task<Reply>[] replies = [.. running.Select(pair => Answers.Await(Driver, pair.Call, Seconds, pair.Verb, pair.Verb == "mount" ? image : null))];
            running.Clear();
            Task.WaitAll(replies);
            foreach (Reply reply in replies.Select(task => task.Result))
            {
                Assert.True(reply.Status == "Success", $"after {schedule}: {reply.Raw}");
            }

            answered += replies.Length;
            Assert.True(Mounted.At(dir).Count <= 1, $"mounted more than once after {schedule}");
            return schedule.ToString();
        }
        finally
        {
            running.ForEach(pair => pair.Call.Dispose());
            Driver.With("timeoutSeconds", 60);
        }
    }

    private static bool Kill(DriverProcess call)
    {
        using (call)
        {
            bool alive = !call.HasExited;
            call.Kill();
            (int exit, _) = call.Wait();
            return alive && exit != 0;
        }
    }
}
