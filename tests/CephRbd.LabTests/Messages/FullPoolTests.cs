using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Messages;

/// <summary>A pool of its own whose quota is used up.</summary>
public sealed class FullPoolTests(LabFixture lab) : DriverTest(lab)
{
    [Fact]
    public void a_full_pool_is_named_within_the_deadline_and_the_format_is_made_once_there_is_room()
    {
        string pool = "full" + NewName();
        string image = "vol1";
        PublishedDriver driver = NewDriver("admin").With("timeoutSeconds", 12);
        string attach = Volume.Options(image, ("pool", pool), Volume.Size("64Mi"));
        Ceph("ceph", "osd", "pool", "create", pool, "4", "4");
        try
        {
            Ceph("rbd", "pool", "init", pool);
            Ceph("rbd", "create", "--size", "64M", $"{pool}/{image}");
            Ceph("ceph", "osd", "pool", "set-quota", pool, "max_objects", "1");
            WaitUntilFull(pool);
            Reply reply = driver.Fail(["attach", attach], $"{pool}/{image}", "quota");
            Assert.True(reply.Elapsed < Emulation.Limit(12 + 5), $"{reply.Elapsed}");

            Ceph("ceph", "osd", "pool", "set-quota", pool, "max_objects", "0");
            WaitUntilFull(pool, full: false);
            SucceedsAgain(driver.With("timeoutSeconds", 20), attach);
            CheckFileSystem(Export($"{pool}/{image}"), "ext4");
            HasNoMark($"{pool}/{image}");
        }
        finally
        {
            Ceph("ceph", "osd", "pool", "rm", pool, pool, "--yes-i-really-really-mean-it");
        }
    }

    // An OSD that has not yet heard that the pool has room drops a write without a word; kubelet calls again, and so do we.
    private static void SucceedsAgain(PublishedDriver driver, string attach)
    {
        DateTime end = DateTime.UtcNow.AddSeconds(90);
        Reply reply = driver.Call("attach", attach);
        while (reply.Status != "Success")
        {
            Assert.True(DateTime.UtcNow < end, reply.Raw);
            reply = driver.Call("attach", attach);
        }
    }

    private void WaitUntilFull(string pool, bool full = true)
    {
        DateTime end = DateTime.UtcNow.AddSeconds(40);
        while (IsFull(pool) != full)
        {
            Assert.True(DateTime.UtcNow < end, $"the quota of {pool} does not show");
            Thread.Sleep(200);
        }
    }

    private bool IsFull(string pool) => Ceph("ceph", "osd", "pool", "ls", "detail").Split('\n')
        .Single(line => line.Contains($"'{pool}'", StringComparison.Ordinal)).Contains("full_quota", StringComparison.Ordinal);
}
