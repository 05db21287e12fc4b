using System.Diagnostics;
using CephRbd.Native;
using CephRbd.Native.Rados;
using CephRbd.Native.Rbd;

namespace CephRbd.LabTests.Native;

/// <summary>OSDs that do not answer. They are the whole lab's, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(FrozenOsdTests), DisableParallelization = true)]
[Collection(nameof(FrozenOsdTests))]
public sealed unsafe class FrozenOsdTests(LabFixture lab) : LabTest(lab)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    [Fact]
    public void Waits_end_with_the_time_out_of_the_OSD_operations()
    {
        string name = CreateImage(16 * MiB);
        using RadosCluster cluster = Configure("client.admin");
        cluster.SetConfig("keyring", Lab.AdminKeyringFile);
        cluster.SetConfig("rados_osd_op_timeout", "2");
        cluster.Connect();
        using RadosIoContext pool = cluster.OpenPool("hyper");
        RbdImage image = RbdImage.Open(pool, name, readOnly: false);
        byte* buffer = stackalloc byte[512];

        Signal("STOP");
        try
        {
            Stopwatch watch = Stopwatch.StartNew();
            Assert.Equal(Errno.TimedOut, ErrnoOf(() => image.Write(0, "x"u8)));
            Assert.Equal(Errno.TimedOut, ErrnoOf(() => pool.Read("an object", 1)));
            Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(3), _limit);

            watch.Restart();
            RbdAioBatch batch = new(image, 8);
            for (int i = 0; i < 8; i++)
            {
                batch.Write((ulong)i * MiB, buffer, 512);
            }

            Assert.Equal(Errno.TimedOut, Assert.Throws<CephException>(batch.Drain).Errno);
            batch.Dispose();
            Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), _limit);

            watch.Restart();
            image.Dispose();
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, _limit);
        }
        finally
        {
            Signal("CONT");
            image.Dispose();
        }

        // The watcher that could not be taken back may stand for 30 s more.
        DateTime limit = DateTime.UtcNow.AddSeconds(60);
        while (DateTime.UtcNow < limit && RbdImages.List(Pool).Contains(name))
        {
            try
            {
                RbdImages.Remove(Pool, name);
            }
            catch (CephException e) when (e.Errno == Errno.Busy)
            {
                Thread.Sleep(500);
            }
        }

        Assert.DoesNotContain(name, RbdImages.List(Pool));
    }

    private void Signal(string signal)
    {
        // Each file holds the pid and the time that the process was started at.
        string[] pids = [.. Directory.GetFiles(Path.Combine(Lab.Dir, "pid"), "osd.*")
            .Select(file => File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0])];
        Assert.NotEmpty(pids);
        using Process kill = Process.Start("kill", [$"-{signal}", .. pids]);
        Assert.True(kill.WaitForExit(_limit));
        Assert.Equal(0, kill.ExitCode);
    }
}
