using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Secrets;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Protocol;

/// <summary>
/// From a verb and its arguments to the one reply. The only catch-all of the driver stands here: whatever is thrown
/// below becomes a Failure with words.
/// </summary>
/// <param name="config">The config, or what is wrong with it.</param>
/// <param name="runtimes">Makes the runtime of a kind; throws a <see cref="VolumeException"/> where there is none.</param>
internal sealed class Dispatcher(Func<DriverConfig> config, Func<DriverConfig, IVolumeRuntime> runtimes)
{
    /// <summary>The volume of the call, once it is known.</summary>
    public VolumeSpec? Spec { get; private set; }

    /// <summary>Called as soon as the volume is known.</summary>
    public Action<VolumeSpec>? SpecKnown { get; init; }

    /// <summary>Answers one call. Never throws.</summary>
    public Reply Dispatch(CommandLine line)
    {
        Reply reply;
        try
        {
            reply = Answer(line);
        }
        catch (VolumeException e)
        {
            // Faults of conf, keyring or dir are found by code that knows no image; kubelet's log shows many volumes.
            string image = Spec is null || e.Message.Contains(Spec.ImageSpec, StringComparison.Ordinal) ? "" : $"image {Spec.ImageSpec}: ";
            reply = Reply.Failure($"cephrbd {line.VerbName}: {image}{e.Message}");
        }
#pragma warning disable CA1031 // The one catch-all: kubelet must get a reply whatever happens, and a crash would print argv, secrets included.
        catch (Exception e)
#pragma warning restore CA1031
        {
            string image = Spec is null ? "" : $"image {Spec.ImageSpec}: ";
            reply = Reply.Failure($"cephrbd {line.VerbName}: {image}unexpected {e.GetType().Name}: {e.Message}. Please report this");
        }

        return reply.Message is null ? reply : reply with { Message = Clean(reply.Message) };
    }

    private Reply Answer(CommandLine line)
    {
        if (line.Problem is not null)
        {
            throw new VolumeException(line.Problem);
        }

        if (Verb.Find(line.VerbName) is not { } verb)
        {
            return new Reply(ReplyStatus.NotSupported) { Message = $"\"{Shorten(line.VerbName)}\" is no verb of cephrbd; see: cephrbd help" };
        }

        if (!verb.Accepts(line.Arguments.Count))
        {
            throw new VolumeException($"takes {Counted(verb)}, got {line.Arguments.Count}: {verb.Usage}");
        }

        if (verb.Name == "init")
        {
            return Init();
        }

        DriverConfig inForce = ConfigFor(verb);
        int json = verb.IndexOf("json");
        if (json >= 0)
        {
            Spec = VolumeOptions.Parse(line.Arguments[json], inForce.Pool);
            SpecKnown?.Invoke(Spec);
        }

        return Perform(verb, line.Arguments, runtimes(inForce));
    }

    // A pod must be able to end while somebody edits the config: what takes things away needs none of it.
    private DriverConfig ConfigFor(Verb verb)
    {
        try
        {
            return config();
        }
        catch (ConfigException) when (verb.Name is "unmount" or "unmountdevice" or "detach")
        {
            return new DriverConfig();
        }
    }

    // kubelet does not repeat a failed start-up scan, and old ones hide every other driver then: init always succeeds.
    private Reply Init()
    {
        try
        {
            return Reply.Success with { Capabilities = runtimes(config()).Capabilities };
        }
        catch (VolumeException e)
        {
            return Reply.Success with { Capabilities = Capabilities.MountOnly, Message = e.Message };
        }
    }

    private Reply Perform(Verb verb, IReadOnlyList<string> args, IVolumeRuntime runtime)
    {
        switch (verb.Name)
        {
            case "getvolumename":
                return Reply.Success with { VolumeName = Spec!.ImageSpec };
            case "attach":
                return Reply.Success with { Device = runtime.Attach(Spec!, args.ElementAtOrDefault(1)) };
            case "waitforattach":
                return Reply.Success with { Device = runtime.WaitForAttach(args[0], Spec!) };
            case "isattached":
                return Reply.Success with { Attached = runtime.IsAttached(Spec!, args.ElementAtOrDefault(1)) };
            case "mountdevice":
                runtime.MountDevice(args[0], args[1], Spec!);
                return Reply.Success;
            case "mount":
                runtime.Mount(args[0], Spec!);
                return Reply.Success;
            case "unmount":
                runtime.Unmount(args[0]);
                return Reply.Success;
            case "unmountdevice":
                runtime.UnmountDevice(args[0]);
                return Reply.Success;
            case "detach":
                runtime.Detach(args[0], args.ElementAtOrDefault(1));
                return Reply.Success;
            case "expandvolume":
                ulong size = runtime.ExpandVolume(Spec!, Bytes(args[2], "new-bytes"));
                return Reply.Success with { VolumeNewSize = checked((long)size) };
            case "expandfs":
                _ = Bytes(args[3], "new-bytes");
                runtime.ExpandFileSystem(Spec!, args[1], args[2]);
                return Reply.Success;
            default:
                throw new InvalidOperationException($"the verb {verb.Name} is listed but has no answer");
        }
    }

    private static ulong Bytes(string text, string name) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes) && bytes is > 0 and <= long.MaxValue
            ? bytes
            : throw new VolumeException($"{name} is \"{Shorten(text)}\", not a number of bytes");

    private static string Counted(Verb verb)
    {
        int least = verb.Arguments.Length - verb.Optional;
        string count = verb.Optional == 0 ? $"{least}" : $"{least} to {verb.Arguments.Length}";
        return count + (count == "1" ? " argument" : " arguments");
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    // A message is one line, and no key is in it whatever a tool or library said.
    private string Clean(string message)
    {
        string plain = string.Join(' ', message.Split(['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return Spec?.Key is { } key ? Redactor.Redact(plain, key) : Redactor.Redact(plain);
    }
}
