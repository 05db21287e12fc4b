using System.Globalization;

namespace CephRbd.LabTests.Faults;

/// <summary>
/// How often a random fault is tried: CEPHRBD_FAULT_ROUNDS, or a number that takes seconds. CEPHRBD_FAULT_SEED gives
/// other instants than those of every run.
/// </summary>
internal static class FaultRounds
{
    private const string Number = "CEPHRBD_FAULT_ROUNDS";
    private const string Seed = "CEPHRBD_FAULT_SEED";

    /// <summary>The number of rounds.</summary>
    public static int Of(int usual) => Read(Number) ?? usual;

    /// <summary>The dice of one test.</summary>
    public static Random Dice(int ofTest) => new(((Read(Seed) ?? 0) * 1000) + ofTest);

    /// <summary>A random part of a time.</summary>
    public static TimeSpan Part(Random dice, TimeSpan whole)
    {
        ArgumentNullException.ThrowIfNull(dice);
        return TimeSpan.FromMilliseconds(dice.NextDouble() * whole.TotalMilliseconds);
    }

    private static int? Read(string name)
    {
        string? text = Environment.GetEnvironmentVariable(name);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int asked) && asked > 0
            ? asked
            : throw new InvalidOperationException($"{name} is no number above 0: {text}");
    }
}
