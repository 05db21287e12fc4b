using System.Text.Json;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.Crashes;

public sealed class TogetherTests(LabFixture lab) : DriverTest(lab)
{
    [Fact]
    public void thirty_two_mounts_of_as_many_images_at_once_all_succeed_and_are_all_logged()
    {
        string[] images = [.. Enumerable.Range(0, 32).Select(_ => NewName())];
        AllAtOnce([.. images.Select(image => (string[])["mount", Driver.NewMountDir(image), Volume.PodOptions(image, Volume.Size("64Mi"))])]);
        foreach (string image in images)
        {
            Assert.Single(Mounted.At(Path.Combine(Driver.Dir, "mounts", image)));
        }

        string[] lines = File.ReadAllLines(Driver.LogFile);
        Assert.Equal(32, lines.Length);
        string[] logged = [.. lines.Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("Image").GetString()!;
        })];
        Assert.Equal(images.Select(Spec).Order(StringComparer.Ordinal), logged.Order(StringComparer.Ordinal));

        AllAtOnce([.. images.Select(image => (string[])["unmount", Path.Combine(Driver.Dir, "mounts", image)])]);
        Assert.Empty(Mounted.Below(Driver.Dir));
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("blank")]
    [InlineData("blank without lock")]
    public void of_sixteen_pods_that_mount_one_image_at_once_exactly_one_gets_it_and_it_has_one_file_system(string kind)
    {
        string image = kind switch
        {
            "absent" => NewName(),
            "blank" => CreateImage(64 * MiB, 61),
            _ => CreateImage(64 * MiB),
        };
        Reply[] replies = Together([.. Enumerable.Range(0, 16).Select(i => (string[])
            ["mount", Driver.NewMountDir($"dir{i}"), Volume.PodOptions(image, Volume.Size("64Mi"))])]);
        Assert.Single(replies, reply => reply.Status == "Success");
        Assert.Single(Mounted.Below(Driver.Dir));
        Assert.All(replies.Where(reply => reply.Status != "Success"), reply => Assert.True(
            reply.Message.Contains("reserved for another writer", StringComparison.Ordinal) || reply.Message.Contains("is in use", StringComparison.Ordinal), reply.Raw));
        CheckFileSystem(Export(image), "ext4");
        string uuid = UuidOf(image);
        Driver.Succeed("attach", Volume.Options(image));
        Assert.Equal(uuid, UuidOf(image));
        HasNoMark(image);
        Assert.Equal(0, Watchers(image));
    }

    [Fact]
    public void eight_mounts_of_one_image_into_one_dir_at_once_make_one_mount()
    {
        string image = NewName();
        string dir = Driver.NewMountDir();
        AllAtOnce([.. Enumerable.Repeat((string[])["mount", dir, Volume.PodOptions(image, Volume.Size("64Mi"))], 8)]);
        Assert.Single(Mounted.At(dir));
        Driver.Succeed("unmount", dir);
        Assert.Empty(Mounted.At(dir));
    }

    private void AllAtOnce(string[][] calls) => Assert.All(Together(calls), reply => Assert.True(reply.Status == "Success", reply.Raw));

    private Reply[] Together(string[][] calls)
    {
        DriverProcess[] running = [.. calls.Select(call => Driver.Start(call))];
        try
        {
            return [.. running.Select(process => process.Reply())];
        }
        finally
        {
            foreach (DriverProcess process in running)
            {
                process.Dispose();
            }
        }
    }
}
