using System.Globalization;
using CephRbd.Driver.Config;
using CephRbd.Driver.Mapping;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor.Node;

/// <summary>Runtime host: whether images become devices here, and which images.</summary>
internal sealed class KernelChecks(NodeView node)
{
    private const string Name = "kernel";

    // What Ceph's own tools give an image unless told otherwise.
    private const ulong CephDefault = 61;

    /// <summary>How a module stands.</summary>
    internal enum Module
    {
        /// <summary>What it brings is there.</summary>
        Loaded,

        /// <summary>The driver loads it when it is needed.</summary>
        Loadable,

        /// <summary>This kernel has none.</summary>
        Absent,
    }

    /// <summary>What was seen of the kernel.</summary>
    /// <param name="Release">Its release, as of <c>uname -r</c>.</param>
    /// <param name="Rbd">The module rbd.</param>
    /// <param name="Nbd">The module nbd.</param>
    /// <param name="HasRbdNbd">Whether the program rbd-nbd is installed.</param>
    /// <param name="Supported">The image features that krbd takes.</param>
    internal sealed record Seen(string Release, Module Rbd, Module Nbd, bool HasRbdNbd, ulong Supported);

    /// <summary>Somebody can make a device of an image.</summary>
    public Check Kernel => new(Name, "ls /sys/bus/rbd; modinfo rbd nbd", _ => [Look()]);

    private Finding Look()
    {
        if (node.Config.Runtime == RuntimeKind.Hyper)
        {
            return new Finding(Name, FindingState.Skipped, "runtime hyper maps nothing on the node: the VM's QEMU opens images itself");
        }

        string release = node.Files.Read("/proc/sys/kernel/osrelease")?.Trim() ?? "";
        ulong supported = KrbdFeatures.ParseSupported(node.Files.Read("/sys/bus/rbd/supported_features") ?? "") ?? KrbdFeatures.ByKernel(VersionOf(release));
        return Judge(
            new Seen(
                release, StateOf("rbd", "/sys/bus/rbd", release), StateOf("nbd", "/sys/module/nbd", release),
                node.HasProgram("rbd-nbd"), supported),
            node.Config);
    }

    private Module StateOf(string name, string sign, string release)
    {
        if (node.Files.HasFolder(sign))
        {
            return Module.Loaded;
        }

        string folder = $"/lib/modules/{release}/";
        return IsListed(node.Files.Read(folder + "modules.builtin"), name) || IsListed(node.Files.Read(folder + "modules.dep"), name)
            ? Module.Loadable
            : Module.Absent;
    }

    /// <summary>Whether a list of modules has one: <c>kernel/drivers/block/rbd.ko.xz: …</c></summary>
    internal static bool IsListed(string? list, string name) =>
        (list ?? "").Split('\n').Any(line => Path.GetFileName(line.Split(':')[0]).Split('.') is [var own, "ko", ..] && own == name);

    /// <summary>The numbers at the beginning of a release.</summary>
    internal static Version VersionOf(string release)
    {
        int[] numbers = [.. release.Split('-')[0].Split('.').Take(3).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        return numbers.Length >= 2 ? new Version(numbers[0], numbers[1]) : new Version(0, 0);
    }

    /// <summary>The finding.</summary>
    internal static Finding Judge(Seen seen, DriverConfig config)
    {
        bool byNbd = seen.HasRbdNbd && seen.Nbd != Module.Absent;
        bool byKernel = seen.Rbd != Module.Absent;
        string facts = $"Linux {seen.Release}: rbd is {Word(seen.Rbd)}, nbd is {Word(seen.Nbd)}, rbd-nbd is {(seen.HasRbdNbd ? "installed" : "not installed")}; mapper {config.Mapper.ToString().ToLowerInvariant()}";
        string forNbd = $"{(seen.HasRbdNbd ? "" : "apt install rbd-nbd; ")}{(seen.Nbd == Module.Absent ? $"install the package that has this kernel's nbd module (apt install linux-modules-extra-{seen.Release}), then modprobe nbd" : "modprobe nbd")}";
        string forKernel = $"install the package that has this kernel's rbd module (apt install linux-modules-extra-{seen.Release}), then modprobe rbd";
        if (config.Mapper == MapperKind.Nbd)
        {
            return byNbd
                ? new Finding(Name, FindingState.Ok, $"{facts}: rbd-nbd maps, with all features that librbd has")
                : new Finding(Name, FindingState.Failed, $"{facts}: nothing can map an image", forNbd);
        }

        if (!byKernel)
        {
            return config.Mapper == MapperKind.Auto && byNbd
                ? new Finding(Name, FindingState.Ok, $"{facts}: rbd-nbd maps every image")
                : new Finding(
                    Name, FindingState.Failed, $"{facts}: nothing can map an image",
                    config.Mapper == MapperKind.Auto ? $"{forNbd}; or {forKernel}" : forKernel);
        }

        facts += $"; krbd takes {ImageFeatureNames.Names(seen.Supported)}";
        bool fallsBack = config.Mapper == MapperKind.Auto && byNbd;
        ulong made = (config.ImageFeatures ?? 0) & ~seen.Supported;
        if (made != 0 && !fallsBack)
        {
            return new Finding(
                Name, FindingState.Failed, $"{facts}, but imageFeatures in the config gives new images {ImageFeatureNames.Names(made)}, too: those can't be mapped",
                $"take imageFeatures out of the config (new images then get what this kernel takes), or {forNbd}, and mapper \"auto\"");
        }

        ulong foreign = CephDefault & ~seen.Supported;
        return foreign == 0 ? new Finding(Name, FindingState.Ok, $"{facts}: all that rbd create gives an image")
            : fallsBack ? new Finding(Name, FindingState.Ok, $"{facts}; images with {ImageFeatureNames.Names(foreign)} are mapped by rbd-nbd")
            : new Finding(
                Name, FindingState.Warning, $"{facts}: images that the driver creates are mapped; one with {ImageFeatureNames.Names(foreign)}, which rbd create gives by default, is not",
                $"for such an image: {KrbdFeatures.DisableLine("POOL/IMAGE", foreign, CephDefault) ?? "copy it to one with --image-feature layering"}; or, for all: {forNbd}, and mapper \"auto\"");
    }

    private static string Word(Module module) => module switch
    {
        Module.Loaded => "loaded",
        Module.Loadable => "not loaded, the driver loads it",
        _ => "not to be had",
    };
}
