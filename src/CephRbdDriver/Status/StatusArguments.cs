namespace CephRbd.Driver.Status;

/// <summary>What stands after <c>status</c>.</summary>
/// <param name="Json">Whether the answer is for programs.</param>
/// <param name="ConfigFile">Another config file; null when none is named here.</param>
/// <param name="Problem">What is wrong with the arguments; null when nothing is.</param>
internal sealed record StatusArguments(bool Json, string? ConfigFile, string? Problem)
{
    private const string Usage = "cephrbd status [--json] [--config FILE]";

    /// <summary>Reads the arguments. Never throws.</summary>
    public static StatusArguments Parse(IReadOnlyList<string> words)
    {
        bool json = false;
        string? config = null;
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (word == "--json")
            {
                json = true;
            }
            else if (word == "--config" || word.StartsWith("--config=", StringComparison.Ordinal))
            {
                config = word.Length > "--config".Length ? word["--config=".Length..] : i + 1 < words.Count ? words[++i] : "";
                if (config.Length == 0)
                {
                    return new StatusArguments(json, null, $"--config needs a file: {Usage}");
                }
            }
            else
            {
                return new StatusArguments(json, null, $"unknown argument \"{(word.Length <= 40 ? word : word[..40] + "…")}\": {Usage}");
            }
        }

        return new StatusArguments(json, config, null);
    }
}
