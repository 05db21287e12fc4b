namespace CephRbd.Driver.Doctor.Node;

/// <summary>What a running kubelet was started with: its arguments, and the config files that these name.</summary>
/// <param name="process">The process.</param>
/// <param name="files">The node's files.</param>
internal sealed class KubeletView(NodeProcess process, NodeFiles files)
{
    /// <summary>Where kubelet looks for drivers if nothing says otherwise.</summary>
    public const string DefaultPluginFolder = "/usr/libexec/kubernetes/kubelet-plugins/volume/exec";

    /// <summary>Where kubelet's access to the API server is written if nothing says otherwise.</summary>
    public const string DefaultKubeConfig = "/etc/kubernetes/kubelet.conf";

    private readonly Lazy<IReadOnlyList<string>> _configs = new(() => Configs(process, files));

    /// <summary>The process.</summary>
    public NodeProcess Process => process;

    /// <summary>The folder in which it looks for drivers. An argument wins over the config.</summary>
    public string PluginFolder => Absolute(Flag("volume-plugin-dir") ?? Configured("volumePluginDir") ?? DefaultPluginFolder);

    /// <summary>The runtime's endpoint, as it stands there; null when nothing names one.</summary>
    public string? RuntimeEndpoint => Flag("container-runtime-endpoint") ?? Configured("containerRuntimeEndpoint");

    /// <summary>What <c>--container-runtime</c> says; null when it does not stand there.</summary>
    public string? ContainerRuntime => Flag("container-runtime");

    /// <summary>Whether attach and detach are left to the controller, which is Kubernetes' default.</summary>
    public bool ControllerAttaches =>
        !string.Equals(Flag("enable-controller-attach-detach", isSwitch: true) ?? Configured("enableControllerAttachDetach") ?? "true", "false", StringComparison.OrdinalIgnoreCase);

    /// <summary>The file that says how it reaches the API server.</summary>
    public string KubeConfig => Absolute(Flag("kubeconfig") ?? DefaultKubeConfig);

    /// <summary>
    /// The value of a flag: <c>--name=value</c>, or <c>--name value</c> unless it is a switch; the last one counts.
    /// Underscores are taken for dashes, as kubelet does.
    /// </summary>
    public string? Flag(string name, bool isSwitch = false) => Flag(process.Arguments, name, isSwitch);

    internal static string? Flag(IReadOnlyList<string> arguments, string name, bool isSwitch = false)
    {
        string? found = null;
        for (int i = 1; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string own = (equals < 0 ? argument : argument[..equals]).Replace('_', '-');
            if (own != "--" + name)
            {
                continue;
            }

            found = equals >= 0 ? argument[(equals + 1)..] : isSwitch ? "true" : i + 1 < arguments.Count ? arguments[i + 1] : found;
        }

        return found;
    }

    /// <summary>A value at the top of a KubeletConfiguration, in YAML or JSON; null when it is not there.</summary>
    internal static string? Value(string text, string key)
    {
        string? found = null;
        foreach (string line in text.Split('\n'))
        {
            // In YAML the top is what is not indented; JSON has its keys in quotes.
            string quoted = $"\"{key}\"";
            int at = line.IndexOf(quoted, StringComparison.Ordinal);
            string? rest = line.StartsWith(key + ":", StringComparison.Ordinal) ? line[key.Length..]
                : at >= 0 && !line[..at].Contains('#', StringComparison.Ordinal) ? line[(at + quoted.Length)..].TrimStart() : null;
            if (rest is [':', .. string value])
            {
                found = Scalar(value.Trim()) ?? found;
            }
        }

        return found;
    }

    /// <summary>A value without its quotes, and without what stands behind it; null when it is empty.</summary>
    internal static string? Scalar(string value)
    {
        int end = value is ['"' or '\'', ..] ? value.IndexOf(value[0], 1) : -1;
        if (end > 0)
        {
            return end == 1 ? null : value[1..end];
        }

        int comment = value.IndexOf(" #", StringComparison.Ordinal);
        value = (comment < 0 ? value : value[..comment]).Split(',', '}')[0].Trim();
        return value.Length == 0 || value[0] == '#' ? null : value;
    }

    // The config, then its drop-ins in order: the last one that says something counts.
    private string? Configured(string key) => _configs.Value.Select(text => Value(text, key)).LastOrDefault(value => value is not null);

    private static List<string> Configs(NodeProcess process, NodeFiles files)
    {
        List<string> paths = [];
        if (Flag(process.Arguments, "config") is { Length: > 0 } config)
        {
            paths.Add(Absolute(config, process, files));
        }

        if (Flag(process.Arguments, "config-dir") is { Length: > 0 } folder)
        {
            string place = Absolute(folder, process, files);
            paths.AddRange(files.Names(place).Where(name => name.EndsWith(".conf", StringComparison.Ordinal)).Select(name => Path.Combine(place, name)));
        }

        return [.. paths.Select(files.Read).OfType<string>()];
    }

    private string Absolute(string path) => Absolute(path, process, files);

    private static string Absolute(string path, NodeProcess process, NodeFiles files) =>
        path.StartsWith('/') ? path : Path.Combine(files.LinkOf($"/proc/{process.Pid}/cwd") ?? "/", path);
}
