using CephRbd.Driver.Host;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mapping;

/// <summary>Modules of the kernel, loaded when they are missing.</summary>
internal static class KernelModule
{
    /// <summary>Loads a module, unless what it brings is there already.</summary>
    /// <param name="name">The module.</param>
    /// <param name="isThere">Whether what it brings is there.</param>
    /// <param name="steps">The call's steps.</param>
    /// <param name="options">Its options.</param>
    /// <returns>Whether it is there now; if not, why.</returns>
    public static (bool Ready, string Problem) Load(string name, Func<bool> isThere, Steps steps, params string[] options)
    {
        if (isThere())
        {
            return (true, "");
        }

        if (Tool.Find("modprobe") is not { } modprobe)
        {
            return (false, $"the kernel's module {name} is not loaded, and there is no modprobe on this node");
        }

        (int exit, string words) = steps.Run($"modprobe {name}", () => Tool.Run(modprobe, [name, .. options], "/", steps.Deadline));
        return isThere() ? (true, "") : (false, $"the kernel's module {name} cannot be loaded (modprobe: {exit}: {words})");
    }
}
