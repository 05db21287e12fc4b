using CephRbd.Driver.Secrets;

namespace CephRbd.Driver.Volumes;

/// <summary>
/// Reads the options of a volume: those of the pod's or PV's flexVolume, and those kubelet adds. The former win over the
/// latter, so everything here is the word of whoever may create a pod.
/// </summary>
internal static class VolumeOptions
{
    /// <summary>The smallest object size, in bytes.</summary>
    public const ulong MinObjectSize = 4UL << 10;

    /// <summary>The largest object size, in bytes.</summary>
    public const ulong MaxObjectSize = 32UL << 20;

    private const string KubernetesPrefix = "kubernetes.io/";

    private static readonly string[] _known =
    [
        "volumeID", "pool", "size", "user", "cluster", "namespace", "dataPool", "imageFeatures", "objectSize", "mkfsOptions",
        "mountOptions", "mapper",
    ];

    private static readonly string[] _secretOnly = ["key", "keyring", "userKey", "userID", "secret"];

    /// <summary>Reads and checks the options.</summary>
    /// <param name="json">The JSON text from the command line.</param>
    /// <param name="defaultPool">The pool to use when the options name none.</param>
    /// <returns>What is asked for.</returns>
    /// <exception cref="VolumeException">An option is missing, unknown or out of its range. The text names the option and never holds a secret.</exception>
    public static VolumeSpec Parse(string json, string defaultPool)
    {
        Dictionary<string, string> options = VolumeOptionsJson.Read(json);
        try
        {
            return From(options, defaultPool);
        }
        catch (VolumeException e) when (ImageOf(options, defaultPool) is { } image)
        {
            // kubelet's log shows the faults of many volumes.
            throw new VolumeException($"image {image}: {e.Message}", e);
        }
    }

    private static VolumeSpec From(Dictionary<string, string> options, string defaultPool)
    {
        RefuseUnknown(options.Keys);
        if (!options.TryGetValue("volumeID", out string? image))
        {
            throw new VolumeException("option \"volumeID\" is missing: name the image");
        }

        NameRules.Check("volumeID", image);

        string pool = Pool(options, defaultPool);
        NameRules.Check("pool", pool);

        if (options.TryGetValue("cluster", out string? cluster))
        {
            NameRules.CheckCluster("cluster", cluster);
        }

        (string? user, Secret? key) = VolumeCredentials.From(options);

        return new VolumeSpec
        {
            Image = image,
            Pool = pool,
            Namespace = Name(options, "namespace"),
            Cluster = cluster,
            User = user,
            Key = key,
            SizeBytes = Size(options, "size"),
            FsType = FsType(options),
            ReadOnly = ReadOnly(options),
            DataPool = Name(options, "dataPool"),
            ImageFeatures = Features(options),
            ObjectSizeBytes = ObjectSize(options),
            MkfsOptions = MkfsOptions(options),
            MountOptions = options.GetValueOrDefault("mountOptions"),
            Mapper = Mapper(options),
            Pod = Pod(options),
            VolumeName = NotEmpty(options, "kubernetes.io/pvOrVolumeName"),
        };
    }

    // An empty pool has always meant the default one.
    private static string Pool(Dictionary<string, string> options, string defaultPool) =>
        options.TryGetValue("pool", out string? given) && given.Length > 0 ? given : defaultPool;

    // Which image it is about, if that much can be said.
    private static string? ImageOf(Dictionary<string, string> options, string defaultPool) =>
        options.TryGetValue("volumeID", out string? image) && NameRules.Problem(image) is null
            && Pool(options, defaultPool) is var pool && NameRules.Problem(pool) is null
            ? $"{pool}/{image}"
            : null;

    /// <summary>Says whether librbd can store objects of a size.</summary>
    /// <param name="bytes">The object size in bytes.</param>
    /// <returns>Whether it is a power of two from 4 KiB to 32 MiB.</returns>
    public static bool IsObjectSize(ulong bytes) => bytes is >= MinObjectSize and <= MaxObjectSize && ulong.IsPow2(bytes);

    private static void RefuseUnknown(IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            if (key.StartsWith(KubernetesPrefix, StringComparison.Ordinal) || Array.IndexOf(_known, key) >= 0)
            {
                continue;
            }

            if (Array.Exists(_secretOnly, name => string.Equals(name, key, StringComparison.OrdinalIgnoreCase)))
            {
                throw new VolumeException(
                    $"option {Shown.Quote(key)} must not stand in the volume's options, where everybody who sees the pod reads it: put it in a Kubernetes Secret and name that in secretRef");
            }

            if (key is "fsType" or "readOnly" or "secretRef")
            {
                throw new VolumeException(
                    $"{key} is no option of the driver: in the pod it stands beside \"options\", under flexVolume; by hand it is written as {ByHand(key)}");
            }

            string hint = Nearest.Find(key, _known) is string near
                ? $"did you mean \"{near}\"?"
                : $"the options are {string.Join(", ", _known)}";
            throw new VolumeException($"unknown option {Shown.Quote(key)}: {hint}");
        }
    }

    private static string ByHand(string key) => key switch
    {
        "fsType" => "\"kubernetes.io/fsType\":\"ext4\"",
        "readOnly" => "\"kubernetes.io/readwrite\":\"ro\"",
        _ => "\"kubernetes.io/secret/key\", in base64",
    };

    private static string? Name(Dictionary<string, string> options, string option)
    {
        if (options.TryGetValue(option, out string? name))
        {
            NameRules.Check(option, name);
        }

        return name;
    }

    private static ulong? Size(Dictionary<string, string> options, string option)
    {
        if (!options.TryGetValue(option, out string? text))
        {
            return null;
        }

        if (!Quantity.TryParse(text, out ulong bytes))
        {
            throw new VolumeException($"option \"{option}\" is {Shown.Quote(text)}, which is no size: write it like 10Gi, 500M or 1073741824");
        }

        if (bytes == 0)
        {
            throw new VolumeException($"option \"{option}\" is {Shown.Quote(text)}: it must be more than 0");
        }

        return bytes;
    }

    private static ulong? ObjectSize(Dictionary<string, string> options)
    {
        ulong? bytes = Size(options, "objectSize");
        if (bytes is ulong size && !IsObjectSize(size))
        {
            throw new VolumeException(
                $"option \"objectSize\" is {Quantity.Format(size)}: it must be a power of two from 4 KiB to 32 MiB");
        }

        return bytes;
    }

    private static ulong? Features(Dictionary<string, string> options)
    {
        if (!options.TryGetValue("imageFeatures", out string? text))
        {
            return null;
        }

        return ImageFeatureNames.TryParse(text, out ulong features, out string problem)
            ? features
            : throw new VolumeException($"option \"imageFeatures\" {problem}");
    }

    private static string FsType(Dictionary<string, string> options)
    {
        if (NotEmpty(options, "kubernetes.io/fsType") is not string fsType)
        {
            return VolumeSpec.DefaultFsType;
        }

        // It becomes part of a program's name: mkfs.<fsType>.
        bool plain = fsType.Length <= 32 && char.IsAsciiLetterOrDigit(fsType[0]);
        foreach (char c in fsType)
        {
            plain &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-';
        }

        return plain
            ? fsType
            : throw new VolumeException($"fsType is {Shown.Quote(fsType)}, which is no file system's name: write it like ext4 or xfs");
    }

    private static bool ReadOnly(Dictionary<string, string> options) =>
        options.GetValueOrDefault("kubernetes.io/readwrite", "rw") switch
        {
            "rw" => false,
            "ro" => true,
            string other => throw new VolumeException($"option \"kubernetes.io/readwrite\" is {Shown.Quote(other)}: it must be ro or rw"),
        };

    private static IReadOnlyList<string> MkfsOptions(Dictionary<string, string> options)
    {
        if (!options.TryGetValue("mkfsOptions", out string? line))
        {
            return [];
        }

        if (!ShellWords.TrySplit(line, out IReadOnlyList<string> words))
        {
            throw new VolumeException("option \"mkfsOptions\" ends inside a quote: close it");
        }

        foreach (string word in words)
        {
            // mkfs runs as root on the host: -d copies a host folder into the image, -J device= and -l logdev= write to
            // a host disk. No useful option needs a path.
            if (word.Contains('/') || word.Contains("..", StringComparison.Ordinal))
            {
                throw new VolumeException($"option \"mkfsOptions\" has the word {Shown.Quote(word)}: paths of the host are not allowed there");
            }
        }

        return words;
    }

    private static MapperKind? Mapper(Dictionary<string, string> options) => options.GetValueOrDefault("mapper") switch
    {
        null => null,
        "auto" => MapperKind.Auto,
        "krbd" => MapperKind.Krbd,
        "nbd" => MapperKind.Nbd,
        string other => throw new VolumeException($"option \"mapper\" is {Shown.Quote(other)}: it must be auto, krbd or nbd"),
    };

    private static PodIdentity? Pod(Dictionary<string, string> options)
    {
        PodIdentity pod = new(
            NotEmpty(options, "kubernetes.io/pod.name"),
            NotEmpty(options, "kubernetes.io/pod.namespace"),
            NotEmpty(options, "kubernetes.io/pod.uid"),
            NotEmpty(options, "kubernetes.io/serviceAccount.name"));
        return pod is (null, null, null, null) ? null : pod;
    }

    private static string? NotEmpty(Dictionary<string, string> options, string key) =>
        options.TryGetValue(key, out string? value) && value.Length > 0 ? value : null;
}
