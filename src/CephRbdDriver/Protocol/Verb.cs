namespace CephRbd.Driver.Protocol;

/// <summary>
/// One verb of the FlexVolume call convention: its name, how many arguments it takes and how they are called.
/// </summary>
/// <param name="Name">As kubelet writes it.</param>
/// <param name="Arguments">The arguments' names, in order.</param>
/// <param name="Optional">How many of the last ones may be missing: admins leave out the node name.</param>
internal sealed record Verb(string Name, string[] Arguments, int Optional = 0)
{
    /// <summary>All twelve verbs, in the order of a volume's life.</summary>
    public static IReadOnlyList<Verb> All { get; } =
    [
        new("init", []),
        new("getvolumename", ["json"]),
        new("attach", ["json", "node"], Optional: 1),
        new("waitforattach", ["device", "json"]),
        new("isattached", ["json", "node"], Optional: 1),
        new("mountdevice", ["device-mount-dir", "device", "json"]),
        new("mount", ["mount-dir", "json"]),
        new("unmount", ["mount-dir"]),
        new("unmountdevice", ["device-mount-dir"]),
        new("detach", ["volume", "node"], Optional: 1),
        new("expandvolume", ["json", "device-mount-dir", "new-bytes", "old-bytes"]),
        new("expandfs", ["json", "device", "device-mount-dir", "new-bytes", "old-bytes"]),
    ];

    /// <summary>The call as a person would type it.</summary>
    public string Usage
    {
        get
        {
            var words = new List<string> { "cephrbd", Name };
            for (int i = 0; i < Arguments.Length; i++)
            {
                words.Add(i >= Arguments.Length - Optional ? $"[{Arguments[i]}]" : $"<{Arguments[i]}>");
            }

            return string.Join(' ', words);
        }
    }

    /// <summary>Finds a verb by its exact name.</summary>
    public static Verb? Find(string name)
    {
        foreach (Verb verb in All)
        {
            if (verb.Name == name)
            {
                return verb;
            }
        }

        return null;
    }

    /// <summary>Whether so many arguments are right.</summary>
    public bool Accepts(int count) => count <= Arguments.Length && count >= Arguments.Length - Optional;

    /// <summary>The index of a named argument, or -1.</summary>
    public int IndexOf(string argument) => Array.IndexOf(Arguments, argument);
}
