using System.Globalization;
using CephRbd.LabTests.Driving;

namespace CephRbd.LabTests.NodeFaults;

/// <summary>mkfs.ext4 and mkfs.xfs that do anything but what they should; the others' faults need a kernel with rbd.</summary>
public sealed class ToolTests(LabFixture lab) : FaultTest(lab)
{
    private const int Deadline = 5;

    /// <summary>What a program may do instead; <c>$real</c> is the right one.</summary>
    private static readonly (string Name, string Script, bool Works)[] _behaviours =
    [
        ("hangs", "exec sleep 300", false),
        ("hangs and ignores signals", "trap '' TERM INT HUP PIPE; while :; do sleep 300; done", false),
        ("hangs with a child", "sleep 300 & sleep 300", false),
        ("prints without end", "exec yes 'a warning without end'", false),
        ("complains without end", "exec yes 'a warning without end' >&2", false),
        ("prints without a line's end", "exec cat /dev/zero", false),
        ("prints 8 MB and works", "head -c 8000000 /dev/urandom; exec $real \"$@\"", true),
        ("complains 8 MB and works", "head -c 8000000 /dev/urandom >&2; exec $real \"$@\"", true),
        ("leaves a child with its streams and works", "sleep 30 & exec $real \"$@\"", true),
        ("leaves a child with its streams and fails", "sleep 30 & echo bad luck >&2; exit 7", false),
        ("closes its streams and works", "exec 1>&- 2>&-; exec $real \"$@\"", true),
        ("wants an answer and works", "read -r answer; exec $real \"$@\"", true),
        ("wants an answer and gives up", "read -r answer || exit 3; exec $real \"$@\"", false),
        ("does nothing and says so by 0", "exit 0", false),
        ("writes something else", "for at; do :; done; head -c 100000 /dev/urandom >\"$at\"", false),
        ("cuts the file short", "for at; do :; done; $real \"$@\"; truncate -s 5000 \"$at\"", false),
        ("stops half-way", "timeout -s KILL 0.01 $real \"$@\"; exit 5", false),
        ("ends with a status", "echo bad luck >&2; exit STATUS", false),
        ("works and ends with a status", "$real \"$@\"; exit STATUS", false),
        ("ends by a signal", "kill -SIGNAL $$; sleep 300", false),
        ("is no program", "NOT", false),
        ("is not executable", "MODE", false),
        ("is a folder", "FOLDER", false),
        ("has no interpreter", "#!/nowhere/sh", false),
    ];

    private static readonly int[] _signals = [1, 2, 3, 4, 6, 7, 8, 9, 11, 13, 14, 15, 31];

    [Fact]
    public void a_mkfs_that_misbehaves_leaves_a_blank_image_and_no_process()
    {
        Random random = new(3);
        string folder = Path.Combine(Driver.Dir, "bin");
        Directory.CreateDirectory(folder);
        Driver.With("timeoutSeconds", Deadline);
        HashSet<string> seen = [];
        for (int round = Rounds(8); round > 0; round--)
        {
            string type = random.Next(2) == 0 ? "ext4" : "xfs";
            (string name, string script, bool works) = _behaviours[random.Next(_behaviours.Length)];
            int status = random.Next(1, 256);
            string tool = Path.Combine(folder, "mkfs." + type);
            Make(tool, script.Replace("STATUS", $"{status}", StringComparison.Ordinal)
                .Replace("SIGNAL", $"{_signals[random.Next(_signals.Length)]}", StringComparison.Ordinal), type);
            Driver.WithEnvironment("PATH", folder + ":/usr/sbin:/usr/bin:/sbin:/bin");
            string image = CreateImage((type == "xfs" ? 320UL : 64UL) * MiB);
            string dir = Driver.NewMountDir();
            string call = string.Create(CultureInfo.InvariantCulture, $"mkfs.{type} that {name} ({status})");
            Reply reply = InTime(Driver.Call("mount", dir, Volume.PodOptions(image, Volume.FsType(type))), Deadline, image);
            seen.Add(reply.Status);
            if (works)
            {
                Assert.True(reply.Status == "Success", $"{call}: {reply.Raw}");
            }
            else if (reply.Status == "Failure" || !File.Exists(tool))
            {
                // A name that is a folder is not a program: the next of the PATH is taken.
                Assert.True(reply.Status == (script == "FOLDER" ? "Success" : "Failure"), $"{call}: {reply.Raw}");
                if (reply.Status == "Failure")
                {
                    Assert.True(reply.Message.Contains("mkfs." + type, StringComparison.Ordinal), $"{call}: {reply.Raw}");
                    Assert.Empty(Mounted.At(dir));
                }
            }
            else
            {
                Assert.Fail($"{call}: {reply.Raw}");
            }

            NoProcessOf(folder, call);
            Remove(tool);
            Driver.WithEnvironment("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
            Driver.Succeed("mount", dir, Volume.PodOptions(image, Volume.FsType(type)));
            TagStands(dir);
            Driver.Succeed("unmount", dir);
            HasNoMark(image);
            CheckFileSystem(Export(image), type);
            NothingLeft(image);
        }

        Assert.NotEmpty(seen);
    }

    private static void Make(string path, string script, string type)
    {
        if (script == "FOLDER")
        {
            Directory.CreateDirectory(path);
            return;
        }

        string text = script switch
        {
            "NOT" => "\u007fELF is all there is",
            _ when script.StartsWith("#!", StringComparison.Ordinal) => script + "\n",
            _ => $"#!/bin/sh\nreal=$(PATH=/usr/sbin:/sbin command -v mkfs.{type})\n{script}\n",
        };
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | (script == "MODE" ? 0 : UnixFileMode.UserExecute));
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path);
        }
        else
        {
            File.Delete(path);
        }
    }

    // What a fake started in the background is its own, and gone in half a minute; the fake itself must be gone.
    private static void NoProcessOf(string folder, string call)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            string arguments;
            try
            {
                arguments = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                // It has ended since.
                continue;
            }

            Assert.False(arguments.Contains(folder, StringComparison.Ordinal), $"{call}: {process} runs on: {arguments.Replace('\0', ' ')}");
        }
    }
}
