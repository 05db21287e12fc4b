using CephRbd.Driver.Config;

namespace CephRbd.Driver.Protocol;

/// <summary>
/// argv, taken apart: the switches that stand before the verb (admins' own; kubelet passes none), the verb, its
/// arguments. Nothing is looked up or checked against the world here.
/// </summary>
internal sealed record CommandLine
{
    /// <summary>Where the config file is looked for when neither switch nor environment names one.</summary>
    public const string DefaultConfigFile = DriverConfig.DefaultPath;

    /// <summary>The first word that is no switch; empty when there is none.</summary>
    public string VerbName { get; private init; } = "";

    /// <summary>The words after the verb.</summary>
    public IReadOnlyList<string> Arguments { get; private init; } = [];

    /// <summary><c>--config FILE</c>, if given.</summary>
    public string? ConfigFile { get; private init; }

    /// <summary><c>--runtime hyper|host</c>, if given; wins over the config.</summary>
    public RuntimeKind? Runtime { get; private init; }

    /// <summary><c>--verbose</c>: each step with its milliseconds on stderr.</summary>
    public bool Verbose { get; private init; }

    /// <summary>What is wrong with the switches; null when nothing is.</summary>
    public string? Problem { get; private init; }

    /// <summary>Takes argv apart. Never throws: what is wrong stands in <see cref="Problem"/>.</summary>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        string? config = null;
        RuntimeKind? runtime = null;
        bool verbose = false;
        string? problem = null;
        int i = 0;
        for (; i < args.Count && args[i].StartsWith('-'); i++)
        {
            (string name, string? value) = Split(args[i]);
            switch (name)
            {
                case "--verbose" or "-v" when value is null:
                    verbose = true;
                    break;
                case "--config" or "--runtime":
                    if (value is null && ++i < args.Count)
                    {
                        value = args[i];
                    }

                    if (string.IsNullOrEmpty(value))
                    {
                        problem ??= $"{name} needs a value: {(name == "--config" ? "a file" : "hyper or host")}";
                    }
                    else if (name == "--config")
                    {
                        config = value;
                    }
                    else
                    {
                        runtime = value switch { "hyper" => RuntimeKind.Hyper, "host" => RuntimeKind.Host, _ => null };
                        problem ??= runtime is null ? $"--runtime takes hyper or host, not \"{value}\"" : null;
                    }

                    break;
                case "--help" or "-h" or "--version" when value is null:
                    return new CommandLine { VerbName = name == "--version" ? "version" : "help", Verbose = verbose };
                default:
                    problem ??= $"unknown switch \"{name}\"; known before the verb: --config FILE, --runtime hyper|host, --verbose";
                    break;
            }
        }

        return new CommandLine
        {
            VerbName = i < args.Count ? args[i] : "",
            Arguments = args.Skip(i + 1).ToArray(),
            ConfigFile = config,
            Runtime = runtime,
            Verbose = verbose,
            Problem = problem,
        };
    }

    /// <summary>The config file in force: the switch, else <c>CEPHRBD_CONFIG</c>, else the default place.</summary>
    public string ConfigFileInForce(Func<string, string?> environment)
    {
        string? named = ConfigFile ?? environment("CEPHRBD_CONFIG");
        return string.IsNullOrEmpty(named) ? DefaultConfigFile : named;
    }

    private static (string Name, string? Value) Split(string word)
    {
        int equals = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=', StringComparison.Ordinal) : -1;
        return equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
    }
}
