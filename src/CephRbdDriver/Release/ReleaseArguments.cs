using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Release;

/// <summary>What stands after <c>release</c>.</summary>
internal sealed record ReleaseArguments
{
    /// <summary>How the command is written.</summary>
    public const string Usage = "cephrbd release [--yes] [--shut-out] [--user USER] [--cluster NAME] [--config FILE] POOL/[NAMESPACE/]IMAGE";

    /// <summary>Whether it is to be done, not only shown.</summary>
    public bool Yes { get; private set; }

    /// <summary>Whether clients that have the image open are shut out, too.</summary>
    public bool ShutOut { get; private set; }

    /// <summary>The Ceph user without <c>client.</c>; null for the config's.</summary>
    public string? User { get; private set; }

    /// <summary>The cluster's name; null for the default one.</summary>
    public string? Cluster { get; private set; }

    /// <summary>Another config file; null when none is named here.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>The image's names.</summary>
    public (string Pool, string? Namespace, string Image) Image { get; private set; }

    /// <summary>What is wrong with the arguments; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads the arguments. Never throws.</summary>
    public static ReleaseArguments Parse(IReadOnlyList<string> words)
    {
        var read = new ReleaseArguments();
        for (int i = 0; i < words.Count && read.Problem is null; i++)
        {
            int equals = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i].IndexOf('=', StringComparison.Ordinal) : -1;
            string name = equals < 0 ? words[i] : words[i][..equals];
            if (name == "--yes" && equals < 0)
            {
                read.Yes = true;
            }
            else if (name == "--shut-out" && equals < 0)
            {
                read.ShutOut = true;
            }
            else if (name is "--user" or "--cluster" or "--config")
            {
                read.Take(name, equals >= 0 ? words[i][(equals + 1)..] : i + 1 < words.Count ? words[++i] : "");
            }
            else if (name.StartsWith('-') || read.Image.Pool is not null)
            {
                read.Problem = $"unknown argument {Shown.Quote(words[i])}: {Usage}";
            }
            else
            {
                read.TakeImage(words[i]);
            }
        }

        read.Problem ??= read.Image.Pool is null ? $"no image is named: {Usage}" : null;
        return read;
    }

    private void Take(string name, string value)
    {
        if (name == "--config")
        {
            Problem = value.Length == 0 ? $"--config needs a file: {Usage}" : null;
            ConfigFile = value;
            return;
        }

        string plain = name == "--user" && value.StartsWith("client.", StringComparison.Ordinal) ? value["client.".Length..] : value;
        Problem = NameRules.Problem(plain) is { } problem ? $"{name} {problem}" : null;
        if (name == "--user")
        {
            User = plain;
        }
        else
        {
            Cluster = plain;
        }
    }

    private void TakeImage(string word)
    {
        string[] parts = word.Split('/');
        if (parts.Length is not (2 or 3))
        {
            Problem = $"{Shown.Quote(word)} is no image: write POOL/IMAGE or POOL/NAMESPACE/IMAGE";
            return;
        }

        foreach (string part in parts)
        {
            Problem ??= NameRules.Problem(part) is { } problem ? $"{Shown.Quote(word)}: a name in it {problem}" : null;
        }

        Image = (parts[0], parts.Length == 3 ? parts[1] : null, parts[^1]);
    }
}
