using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Doctor;

/// <summary>What stands after <c>doctor</c>.</summary>
internal sealed record DoctorArguments
{
    private const string Usage = "cephrbd doctor [--json] [--pool POOL] [--user USER] [--config FILE]";

    /// <summary>Whether the answer is for programs.</summary>
    public bool Json { get; private set; }

    /// <summary>The pool to look at; null for the config's.</summary>
    public string? Pool { get; private set; }

    /// <summary>The Ceph user to look as, without <c>client.</c>; null for the config's.</summary>
    public string? User { get; private set; }

    /// <summary>Another config file; null when none is named here.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>What is wrong with the arguments; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the arguments. Never throws.</summary>
    public static DoctorArguments Parse(IReadOnlyList<string> words)
    {
        var read = new DoctorArguments();
        for (int i = 0; i < words.Count && read.Problem is null; i++)
        {
            int equals = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i].IndexOf('=', StringComparison.Ordinal) : -1;
            string name = equals < 0 ? words[i] : words[i][..equals];
            if (name == "--json" && equals < 0)
            {
                read.Json = true;
            }
            else if (name is "--pool" or "--user" or "--config")
            {
                string value = equals >= 0 ? words[i][(equals + 1)..] : i + 1 < words.Count ? words[++i] : "";
                read.Take(name, value);
            }
            else
            {
                read.Problem = $"unknown argument \"{(words[i].Length <= 40 ? words[i] : words[i][..40] + "…")}\": {Usage}";
            }
        }

        return read;
    }

    private void Take(string name, string value)
    {
        string plain = name == "--user" && value.StartsWith("client.", StringComparison.Ordinal) ? value["client.".Length..] : value;
        if (name == "--config")
        {
            Problem = value.Length == 0 ? $"--config needs a file: {Usage}" : null;
            ConfigFile = value;
            return;
        }

        Problem = NameRules.Problem(plain) is { } problem ? $"{name} {problem}" : null;
        if (name == "--pool")
        {
            Pool = plain;
        }
        else
        {
            User = plain;
        }
    }
}
