using System.Diagnostics;
using System.Text.Json;
using CephRbd.Driver.Volumes;
using CephRbd.Native.Linux;

namespace CephRbd.Driver.Config;

/// <summary>
/// Reads the configuration file: a JSON object with camelCase keys, in which comments and trailing commas are allowed.
/// Written by hand over the tokens, for it runs at the start of each call and has to name lines.
/// </summary>
internal static class ConfigReader
{
    private const int MaxBytes = 1 << 20;

    private static readonly string[] _known =
    [
        "runtime", "pool", "user", "confFile", "keyringFile", "timeoutSeconds", "logFile", "logLevel", "logMaxBytes",
        "logFilesKept", "tagStorage", "runDir", "scratchDir", "imageFeatures", "objectSize", "writeParallelism",
        "reservationSeconds", "attach", "mapper", "mountOptions", "nodeName", "stagingDir", "osdRequestTimeoutSeconds", "forceUnmap",
    ];

    /// <summary>Reads the file. At the default place there need be none: then the defaults hold.</summary>
    /// <param name="path">The file's path.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigException">The file can't be read, or has a fault.</exception>
    public static DriverConfig Load(string path)
    {
        // An exception costs more than the question, and most nodes go by the defaults.
        if (path == DriverConfig.DefaultPath && IsMissing(path))
        {
            return new DriverConfig();
        }

        byte[] utf8;
        try
        {
            utf8 = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return path == DriverConfig.DefaultPath
                ? new DriverConfig()
                : throw new ConfigException($"{path}: there is no such configuration file (named by --config or CEPHRBD_CONFIG)", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"{path}: the configuration can't be read: {e.Message}", e);
        }

        return Parse(utf8, path);
    }

    /// <summary>Reads the settings from a file's content.</summary>
    /// <param name="utf8">The content.</param>
    /// <param name="path">The file's path, for messages.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigException">An unknown or repeated key, a value of the wrong type or out of range, or no JSON.</exception>
    public static DriverConfig Parse(ReadOnlySpan<byte> utf8, string path)
    {
        if (utf8.Length > MaxBytes)
        {
            throw new ConfigException($"{path}: the configuration is longer than {Quantity.Format(MaxBytes)}");
        }

        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        if (utf8.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            // What a save that was cut off leaves. Its settings are not known, and the defaults may be another pool and runtime.
            throw new ConfigException($"{path}: the configuration is empty, as after a save that was cut off. Put its content back; for the defaults write {{}}");
        }

        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            return Read(ref reader, utf8, path);
        }
        catch (JsonException e)
        {
            // Without the reader's exception: its text quotes the file, where somebody may have put a key.
            throw new ConfigException($"{path} line {e.LineNumber + 1}: not valid JSON at column {e.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException e)
        {
            // A string that is no valid Unicode text.
            throw new ConfigException($"{path} line {Line(utf8, reader.TokenStartIndex)}: a text is not valid UTF-8, or holds half a surrogate pair", e);
        }
    }

    private static DriverConfig Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, string path)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ConfigException($"{path} line {Line(utf8, reader.TokenStartIndex)}: the configuration is not a JSON object");
        }

        DriverConfig config = new();
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            int line = Line(utf8, reader.TokenStartIndex);
            if (Array.IndexOf(_known, key) < 0)
            {
                string hint = Nearest.Find(key, _known) is string near
                    ? $"did you mean \"{near}\"?"
                    : $"the keys are {string.Join(", ", _known)}";
                throw new ConfigException($"{path} line {line}: unknown key {Shown.Quote(key)}; {hint}");
            }

            if (!seen.Add(key))
            {
                throw new ConfigException($"{path} line {line}: the key \"{key}\" is given twice");
            }

            reader.Read();
            ConfigValue value = new(ref reader, key, $"{path} line {line}");
            config = Set(config, key, value);
        }

        // Reads on to the end, so that text after the object is refused.
        reader.Read();
        return config;
    }

    private static DriverConfig Set(DriverConfig config, string key, in ConfigValue value) => key switch
    {
        "runtime" => config with
        {
            Runtime = value.OneOf(("hyper", RuntimeKind.Hyper), ("host", RuntimeKind.Host)),
        },
        "pool" => config with { Pool = value.Name() },
        "user" => config with { User = value.User() },
        "confFile" => config with { ConfFile = value.Path() },
        "keyringFile" => config with { KeyringFile = value.PathOrNull() },
        "timeoutSeconds" => config with { TimeoutSeconds = (int)value.Integer(5, 3600) },
        "logFile" => config with { LogFile = value.Path() },
        "logLevel" => config with
        {
            LogLevel = value.OneOf(
                ("debug", LogLevel.Debug),
                ("information", LogLevel.Information),
                ("warning", LogLevel.Warning),
                ("error", LogLevel.Error)),
        },
        "logMaxBytes" => config with { LogMaxBytes = (long)value.Size(64UL << 10, 1UL << 40) },
        "logFilesKept" => config with { LogFilesKept = (int)value.Integer(0, 1000) },
        "tagStorage" => config with
        {
            TagStorage = value.OneOf(("tmpfs", TagStorage.Tmpfs), ("directory", TagStorage.Directory)),
        },
        "runDir" => config with { RunDir = value.Path() },
        "scratchDir" => config with { ScratchDir = value.Path() },
        "imageFeatures" => config with { ImageFeatures = value.Features() },
        "objectSize" => config with { ObjectSize = value.ObjectSize() },
        "writeParallelism" => config with { WriteParallelism = (int)value.Integer(1, 256) },
        "reservationSeconds" => config with { ReservationSeconds = (int)value.Integer(0, 86400) },
        "attach" => config with { Attach = value.Boolean() },
        "mapper" => config with
        {
            Mapper = value.OneOf(("auto", MapperKind.Auto), ("krbd", MapperKind.Krbd), ("nbd", MapperKind.Nbd)),
        },
        "mountOptions" => config with { MountOptions = value.LineOrNull() },
        "nodeName" => config with { NodeName = value.NodeNameOrNull() },
        "stagingDir" => config with { StagingDir = value.Path() },
        "osdRequestTimeoutSeconds" => config with { OsdRequestTimeoutSeconds = (int)value.Integer(0, 3600) },
        "forceUnmap" => config with { ForceUnmap = value.Boolean() },
        _ => throw new UnreachableException(),
    };

    // What cannot even be looked at is left to the reading, which says why.
    private static bool IsMissing(string path)
    {
        try
        {
            return Files.KindOf(path) == FileKind.Missing;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static int Line(ReadOnlySpan<byte> utf8, long position) => utf8[..(int)position].Count((byte)'\n') + 1;
}
