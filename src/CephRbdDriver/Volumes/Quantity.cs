using System.Buffers;
using System.Globalization;

namespace CephRbd.Driver.Volumes;

/// <summary>Sizes in the notation of Kubernetes quantities: <c>10Gi</c>, <c>1.5Gi</c>, <c>500M</c>, <c>1e9</c>, <c>1073741824</c>.</summary>
internal static class Quantity
{
    // 10^20 times 2^60 still fits 128 bits, and no 64-bit number has more digits.
    private const int MaxDigits = 20;

    private static readonly SearchValues<char> _numberChars = SearchValues.Create("0123456789.");

    private static readonly string[] _binaryUnits = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>
    /// Reads a quantity. A part of a byte is rounded up. Refused: a sign other than <c>+</c>, blanks, the units
    /// KB/MB/GB/TB (they mean two different things), the units below one (m, u, n), and what exceeds 64 bits.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">The size in bytes; 0 when refused.</param>
    /// <returns>Whether the text is a size.</returns>
    public static bool TryParse(string text, out ulong bytes)
    {
        bytes = 0;
        ReadOnlySpan<char> rest = text;
        if (rest.StartsWith('+'))
        {
            rest = rest[1..];
        }

        if (!ReadNumber(ref rest, out UInt128 mantissa, out int decimals)
            || !ReadSuffix(rest, out ulong factor, out int exponent))
        {
            return false;
        }

        UInt128 value = mantissa * factor;
        for (int power = exponent - decimals; power > 0 && value != 0; power--)
        {
            if (value > ulong.MaxValue)
            {
                return false;
            }

            value *= 10;
        }

        value = DivideByPowerOfTen(value, decimals - exponent);
        if (value > ulong.MaxValue)
        {
            return false;
        }

        bytes = (ulong)value;
        return true;
    }

    /// <summary>
    /// Writes a size for people, always exact: <c>10 GiB</c>, <c>10.5 GiB</c>, <c>1000000 bytes</c>.
    /// </summary>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>The text, in the largest unit that needs at most two decimals.</returns>
    public static string Format(ulong bytes)
    {
        for (int i = _binaryUnits.Length; i > 0; i--)
        {
            ulong unit = 1UL << (10 * i);
            if (bytes >= unit && bytes % (unit / 4) == 0)
            {
                decimal amount = (decimal)bytes / unit;
                return amount.ToString("0.##", CultureInfo.InvariantCulture) + " " + _binaryUnits[i - 1];
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + (bytes == 1 ? " byte" : " bytes");
    }

    private static bool ReadNumber(ref ReadOnlySpan<char> rest, out UInt128 mantissa, out int decimals)
    {
        mantissa = 0;
        decimals = 0;
        int length = rest.IndexOfAnyExcept(_numberChars);
        ReadOnlySpan<char> number = length < 0 ? rest : rest[..length];
        rest = rest[number.Length..];
        int point = number.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? number : number[..point];
        ReadOnlySpan<char> fraction = point < 0 ? default : number[(point + 1)..];
        if (whole.Length + fraction.Length == 0 || fraction.Contains('.'))
        {
            return false;
        }

        whole = whole.TrimStart('0');
        fraction = fraction.TrimEnd('0');
        if (whole.Length + fraction.Length > MaxDigits)
        {
            return false;
        }

        foreach (char digit in whole)
        {
            mantissa = (mantissa * 10) + (UInt128)(digit - '0');
        }

        foreach (char digit in fraction)
        {
            mantissa = (mantissa * 10) + (UInt128)(digit - '0');
        }

        decimals = fraction.Length;
        return true;
    }

    private static bool ReadSuffix(ReadOnlySpan<char> suffix, out ulong factor, out int exponent)
    {
        factor = 1;
        exponent = 0;
        switch (suffix)
        {
            case "":
                return true;
            case "k" or "K":
                factor = 1_000;
                return true;
            case "M":
                factor = 1_000_000;
                return true;
            case "G":
                factor = 1_000_000_000;
                return true;
            case "T":
                factor = 1_000_000_000_000;
                return true;
            case "P":
                factor = 1_000_000_000_000_000;
                return true;
            case "E":
                factor = 1_000_000_000_000_000_000;
                return true;
            case "Ki":
                factor = 1UL << 10;
                return true;
            case "Mi":
                factor = 1UL << 20;
                return true;
            case "Gi":
                factor = 1UL << 30;
                return true;
            case "Ti":
                factor = 1UL << 40;
                return true;
            case "Pi":
                factor = 1UL << 50;
                return true;
            case "Ei":
                factor = 1UL << 60;
                return true;
            default:
                // Two digits are enough: 64 bits end below 10^20, and a fraction has at most 20 places.
                return suffix[0] is 'e' or 'E'
                    && suffix.Length <= 4
                    && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                    && exponent is >= -99 and <= 99;
        }
    }

    private static UInt128 DivideByPowerOfTen(UInt128 value, int power)
    {
        bool remainder = false;
        for (; power > 0 && value != 0; power--)
        {
            (value, UInt128 digit) = UInt128.DivRem(value, 10);
            remainder |= digit != 0;
        }

        return remainder ? value + 1 : value;
    }
}
