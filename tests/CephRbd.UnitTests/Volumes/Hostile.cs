using CephRbd.Driver.Volumes;
using FsCheck;
using FsCheck.Fluent;

namespace CephRbd.UnitTests.Volumes;

/// <summary>Feeds a parser with text made of its own grammar's pieces in the wrong places.</summary>
internal static class Hostile
{
    /// <summary>How many inputs each property is tried with: more than 100,000 in all.</summary>
    public const int Inputs = 5000;

    /// <summary>A well-formed key that belongs to nobody.</summary>
    public const string Key = "AQBSdFhcAAAAABAA1Rt0TIvjp2xXoH4vV0r2Zw==";

    private static readonly string[] _anywhere =
        ["\0", "\r\n", "\n", "\t", " ", "é", "😀", "\ud800", "\udc00", "\uFEFF", "\\", "\"", "'", "=", ":", ",", ";", "#", "[", "]", "{", "}", "/", "-", "0", "99999999999999999999", "a"];

    /// <summary>Runs a parser on many texts; only <see cref="VolumeException"/> may come out, and without the secrets.</summary>
    /// <param name="pieces">What the texts are made of, besides odd characters.</param>
    /// <param name="parse">The parser.</param>
    /// <param name="secrets">What no message may hold.</param>
    public static void Feed(string[] pieces, Action<string> parse, params string[] secrets)
    {
        Gen<string> piece = Gen.Frequency((4, Gen.Elements(pieces)), (1, Gen.Elements(_anywhere)), (1, ArbMap.Default.GeneratorFor<string>()));
        Gen<string> text = piece.ListOf().Select(list => string.Concat(list));
        Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(Inputs).WithEndSize(40),
            Prop.ForAll(text.ToArbitrary(), input => Survives(input, parse, secrets)));
    }

    private static bool Survives(string input, Action<string> parse, string[] secrets)
    {
        try
        {
            parse(input);
            return true;
        }
        catch (VolumeException e)
        {
            Assert.NotEmpty(e.Message);
            Assert.DoesNotContain('\n', e.Message);
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, e.ToString(), StringComparison.OrdinalIgnoreCase));
            return true;
        }
    }
}
