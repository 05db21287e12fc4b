using System.Globalization;
using System.Text.Json;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Config;

/// <summary>One value of the configuration file, and the checks that name its place when it is wrong.</summary>
internal readonly struct ConfigValue
{
    private readonly JsonTokenType _type;
    private readonly string? _text;
    private readonly ulong? _number;
    private readonly string _key;
    private readonly string _place;

    /// <summary>Takes the value the reader stands on.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="key">The value's key.</param>
    /// <param name="place">File and line, for messages.</param>
    /// <exception cref="ConfigException">It is an object or an array.</exception>
    public ConfigValue(ref Utf8JsonReader reader, string key, string place)
    {
        _type = reader.TokenType;
        _key = key;
        _place = place;
        _text = _type == JsonTokenType.String ? reader.GetString() : null;
        _number = _type == JsonTokenType.Number && reader.TryGetUInt64(out ulong number) ? number : null;
        if (_type is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            throw Bad("must be a single value, not an array or object");
        }
    }

    /// <summary>Takes one of some words, without regard to case.</summary>
    /// <param name="words">The words and what they stand for.</param>
    /// <typeparam name="T">What the words stand for.</typeparam>
    /// <returns>What the word stands for.</returns>
    /// <exception cref="ConfigException">It is another word, or no text.</exception>
    public T OneOf<T>(params ReadOnlySpan<(string Word, T Meaning)> words)
    {
        string text = Text();
        List<string> allowed = [];
        foreach ((string word, T meaning) in words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
            {
                return meaning;
            }

            allowed.Add($"\"{word}\"");
        }

        throw Bad($"is {Shown.Quote(text)}, but must be one of {string.Join(", ", allowed)}");
    }

    /// <summary>Takes a name that is safe to hand on to Ceph and QEMU.</summary>
    /// <returns>The name.</returns>
    /// <exception cref="ConfigException">It breaks a rule for names, or is no text.</exception>
    public string Name()
    {
        string name = Text();
        return NameRules.Problem(name) is string problem ? throw Bad(problem) : name;
    }

    /// <summary>Takes a Ceph user, with or without <c>client.</c>.</summary>
    /// <returns>The user without <c>client.</c>.</returns>
    /// <exception cref="ConfigException">It breaks a rule for names, or is no text.</exception>
    public string User()
    {
        string name = Text();
        const string Prefix = "client.";
        name = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        return NameRules.Problem(name) is string problem ? throw Bad(problem) : name;
    }

    /// <summary>Takes an absolute path.</summary>
    /// <returns>The path.</returns>
    /// <exception cref="ConfigException">It is no absolute path, or no text.</exception>
    public string Path()
    {
        string path = Text();
        foreach (char c in path)
        {
            if (char.IsControl(c))
            {
                throw Bad($"holds {Shown.Character(c)}: control characters are not allowed in paths");
            }
        }

        return path.StartsWith('/') ? path : throw Bad($"is {Shown.Quote(path)}, but must be an absolute path");
    }

    /// <summary>Takes an absolute path or null.</summary>
    /// <returns>The path, or null.</returns>
    /// <exception cref="ConfigException">It is neither.</exception>
    public string? PathOrNull() => _type == JsonTokenType.Null ? null : Path();

    /// <summary>Takes true or false.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="ConfigException">It is neither.</exception>
    public bool Boolean() => _type switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Bad($"is {Kind()}, but must be true or false, without quotes"),
    };

    /// <summary>Takes one line of text, or null.</summary>
    /// <returns>The text, or null.</returns>
    /// <exception cref="ConfigException">It is neither, or holds a control character.</exception>
    public string? LineOrNull()
    {
        if (_type == JsonTokenType.Null)
        {
            return null;
        }

        string text = Text();
        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                throw Bad($"holds {Shown.Character(c)}: control characters are not allowed");
            }
        }

        return text;
    }

    /// <summary>Takes the name of a Kubernetes node, or null.</summary>
    /// <returns>The name, or null.</returns>
    /// <exception cref="ConfigException">It is neither.</exception>
    public string? NodeNameOrNull()
    {
        if (_type == JsonTokenType.Null)
        {
            return null;
        }

        // The name of a Kubernetes object: a DNS subdomain.
        const int MaxNodeName = 253;
        string text = Text();
        bool isName = text.Length is > 0 and <= MaxNodeName && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]);
        foreach (char c in text)
        {
            isName &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-';
        }

        return isName ? text : throw Bad($"is {Shown.Quote(text)}, but must be the name of a node: lower-case letters, digits, \"-\" and \".\"");
    }

    /// <summary>Takes a whole number.</summary>
    /// <param name="min">The least value allowed.</param>
    /// <param name="max">The greatest value allowed.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ConfigException">It is out of range, or no whole number.</exception>
    public ulong Integer(ulong min, ulong max)
    {
        if (_type != JsonTokenType.Number)
        {
            throw Bad($"is {Kind()}, but must be a number from {min} to {max}");
        }

        return _number is ulong number && number >= min && number <= max
            ? number
            : throw Bad($"must be a whole number from {min} to {max}");
    }

    /// <summary>Takes a size: a number of bytes, or a quantity such as <c>"10Mi"</c>.</summary>
    /// <param name="min">The least size allowed, in bytes.</param>
    /// <param name="max">The greatest size allowed, in bytes.</param>
    /// <returns>The size in bytes.</returns>
    /// <exception cref="ConfigException">It is out of range, or no size.</exception>
    public ulong Size(ulong min, ulong max)
    {
        if (_type is not (JsonTokenType.Number or JsonTokenType.String))
        {
            throw Bad($"is {Kind()}, but must be a size, such as 10485760 or \"10Mi\"");
        }

        ulong bytes = 0;
        bool isSize = _text is null ? _number is not null : Quantity.TryParse(_text, out bytes);
        bytes = _number ?? bytes;
        return isSize && bytes >= min && bytes <= max
            ? bytes
            : throw Bad($"must be a size from {Quantity.Format(min)} to {Quantity.Format(max)}");
    }

    /// <summary>Takes an object size, or null for the library's default.</summary>
    /// <returns>The size in bytes, or null.</returns>
    /// <exception cref="ConfigException">It is no power of two from 4 KiB to 32 MiB.</exception>
    public ulong? ObjectSize()
    {
        if (_type == JsonTokenType.Null)
        {
            return null;
        }

        ulong bytes = Size(VolumeOptions.MinObjectSize, VolumeOptions.MaxObjectSize);
        return VolumeOptions.IsObjectSize(bytes) ? bytes : throw Bad($"is {Quantity.Format(bytes)}, but must be a power of two");
    }

    /// <summary>Takes image features: a number, a text of names, or null for the library's default.</summary>
    /// <returns>The feature bits, or null.</returns>
    /// <exception cref="ConfigException">They are unknown, or one needs another.</exception>
    public ulong? Features()
    {
        if (_type == JsonTokenType.Null)
        {
            return null;
        }

        string text = _type == JsonTokenType.Number ? Integer(0, ulong.MaxValue).ToString(CultureInfo.InvariantCulture) : Text();
        return ImageFeatureNames.TryParse(text, out ulong features, out string problem) ? features : throw Bad(problem);
    }

    private string Text() => _text ?? throw Bad($"is {Kind()}, but must be a text in quotes");

    private string Kind() => _type switch
    {
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        JsonTokenType.String => "a text",
        _ => "a boolean",
    };

    private ConfigException Bad(string problem) => new($"{_place}: \"{_key}\" {problem}");
}
