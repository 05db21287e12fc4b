using System.Globalization;

namespace CephRbd.Driver.Volumes;

/// <summary>The image features that can be chosen at creation, by the names Ceph's tools use.</summary>
internal static class ImageFeatureNames
{
    /// <summary>The bit of exclusive-lock: with it nobody writes without owning the image's lock.</summary>
    public const ulong ExclusiveLock = 4;

    private static readonly (string Name, ulong Bit)[] _known =
    [
        ("layering", 1), ("striping", 2), ("exclusive-lock", 4), ("object-map", 8),
        ("fast-diff", 16), ("deep-flatten", 32), ("journaling", 64), ("data-pool", 128),
    ];

    // Set by Ceph itself when they are needed: nobody chooses them.
    private static readonly (string Name, ulong Bit)[] _internal =
    [
        ("operations", 256), ("migrating", 512), ("non-primary", 1024), ("dirty-cache", 2048),
    ];

    private static readonly (string Name, string Needs)[] _dependencies =
    [
        ("object-map", "exclusive-lock"), ("fast-diff", "object-map"), ("journaling", "exclusive-lock"),
    ];

    /// <summary>Reads a set of features: a number such as <c>61</c>, or names separated by commas.</summary>
    /// <param name="text">The text.</param>
    /// <param name="features">The feature bits.</param>
    /// <param name="problem">What is wrong, as the end of a sentence that starts with the option's name; else empty.</param>
    /// <returns>Whether the set is one that librbd can create.</returns>
    public static bool TryParse(string text, out ulong features, out string problem)
    {
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out features))
        {
            foreach (string piece in text.Split(','))
            {
                ulong bit = BitOf(piece.Trim());
                if (bit == 0)
                {
                    string names = string.Join(", ", Array.ConvertAll(_known, known => known.Name));
                    problem = $"holds the unknown image feature {Shown.Quote(piece.Trim())}: use a number or some of {names}";
                    return false;
                }

                features |= bit;
            }
        }

        return Check(features, out problem);
    }

    /// <summary>Writes a set of features by their names.</summary>
    /// <param name="features">The feature bits.</param>
    /// <returns>The names joined by commas, unknown bits as one hexadecimal number; <c>none</c> for the empty set.</returns>
    public static string Names(ulong features)
    {
        List<string> names = [];
        foreach ((string name, ulong bit) in (ReadOnlySpan<(string, ulong)>)[.. _known, .. _internal])
        {
            if ((features & bit) != 0)
            {
                names.Add(name);
                features &= ~bit;
            }
        }

        if (features != 0)
        {
            names.Add($"0x{features:x}");
        }

        return names.Count == 0 ? "none" : string.Join(',', names);
    }

    /// <summary>Checks that a set has no unknown bit and that each feature's prerequisites are in it.</summary>
    /// <param name="features">The feature bits.</param>
    /// <param name="problem">What is wrong, as the end of a sentence that starts with the option's name; else empty.</param>
    /// <returns>Whether the set is one that librbd can create.</returns>
    private static bool Check(ulong features, out string problem)
    {
        ulong unknown = features & ~255UL;
        if (unknown != 0)
        {
            problem = $"has feature bits that can't be chosen: {unknown} of {features}";
            return false;
        }

        foreach ((string name, string needs) in _dependencies)
        {
            if ((features & BitOf(name)) != 0 && (features & BitOf(needs)) == 0)
            {
                problem = $"has the feature {name} without {needs}, which it needs: add {needs} or leave {name} out";
                return false;
            }
        }

        problem = "";
        return true;
    }

    private static ulong BitOf(string name)
    {
        foreach ((string known, ulong bit) in _known)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            {
                return bit;
            }
        }

        return 0;
    }
}
