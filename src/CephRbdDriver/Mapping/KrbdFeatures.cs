using System.Globalization;
using CephRbd.Driver.Volumes;

namespace CephRbd.Driver.Mapping;

/// <summary>Which image features the kernel can map, and what to do about the others.</summary>
internal static class KrbdFeatures
{
    private const ulong Layering = 1;
    private const ulong ExclusiveLock = 4;
    private const ulong ObjectMap = 8;
    private const ulong FastDiff = 16;
    private const ulong DeepFlatten = 32;
    private const ulong Journaling = 64;

    // The other features say how the data lies: they stay for the image's life.
    private const ulong Removable = ExclusiveLock | ObjectMap | FastDiff | DeepFlatten | Journaling;

    private static readonly (ulong Bit, Version Since)[] _since =
    [
        (Layering, new(3, 10)), (ExclusiveLock, new(4, 9)), (128, new(4, 11)), (256, new(4, 16)), (2, new(4, 17)),
        (DeepFlatten, new(5, 1)), (ObjectMap, new(5, 3)), (FastDiff, new(5, 3)),
    ];

    /// <summary>Reads what the kernel says of itself, from 4.11 on, in <c>/sys/bus/rbd/supported_features</c>.</summary>
    /// <param name="text">The file's text: a hexadecimal number after <c>0x</c>.</param>
    /// <returns>The feature bits, or null when the text is something else.</returns>
    public static ulong? ParseSupported(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        return trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && ulong.TryParse(trimmed[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong features)
            ? features
            : null;
    }

    /// <summary>Says which features a kernel can map that does not tell it itself.</summary>
    /// <param name="kernel">The kernel's release.</param>
    /// <returns>The feature bits. A distribution may have given its kernel more.</returns>
    public static ulong ByKernel(Version kernel)
    {
        ulong features = 0;
        foreach ((ulong bit, Version since) in _since)
        {
            features |= kernel >= since ? bit : 0;
        }

        return features;
    }

    /// <summary>Chooses the features of an image that is made to be mapped by this kernel.</summary>
    /// <param name="supported">What the kernel can map.</param>
    /// <returns>The most of layering, exclusive-lock, object-map, fast-diff and deep-flatten that it can; layering at least.</returns>
    public static ulong ForNewImages(ulong supported)
    {
        if ((supported & ExclusiveLock) == 0)
        {
            return Layering;
        }

        ulong features = Layering | ExclusiveLock | (supported & DeepFlatten);
        if ((supported & ObjectMap) != 0)
        {
            features |= ObjectMap | (supported & FastDiff);
        }

        return features;
    }

    /// <summary>Says whether all of some features can be taken from an image. The others need a copy of the image.</summary>
    /// <param name="features">The feature bits.</param>
    /// <returns>Whether <c>rbd feature disable</c> takes them all.</returns>
    public static bool CanDisable(ulong features) => (features & ~Removable) == 0;

    /// <summary>Writes the command that makes an image fit for the kernel.</summary>
    /// <param name="imageSpec">The image as Ceph's tools write it.</param>
    /// <param name="unsupported">The feature bits that have to go.</param>
    /// <param name="imageFeatures">The image's feature bits: those of them that need one that goes are in the command too.</param>
    /// <returns>The command for a shell, or null when one of the features can't be taken from an image, or none has to go.</returns>
    public static string? DisableLine(string imageSpec, ulong unsupported, ulong imageFeatures)
    {
        ulong going = unsupported & imageFeatures;
        if (going == 0 || !CanDisable(going))
        {
            return null;
        }

        if ((going & ExclusiveLock) != 0)
        {
            going |= imageFeatures & (ObjectMap | Journaling);
        }

        if ((going & ObjectMap) != 0)
        {
            going |= imageFeatures & FastDiff;
        }

        // Each before the one it needs.
        List<string> names = [];
        foreach (ulong bit in (ReadOnlySpan<ulong>)[Journaling, DeepFlatten, FastDiff, ObjectMap, ExclusiveLock])
        {
            if ((going & bit) != 0)
            {
                names.Add(ImageFeatureNames.Names(bit));
            }
        }

        return $"rbd feature disable {ForShell(imageSpec)} {string.Join(',', names)}";
    }

    private static string ForShell(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('/' or '.' or '_' or '-' or '@' or '+' or ':'))
            {
                return $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
            }
        }

        return text;
    }
}
