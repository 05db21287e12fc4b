namespace CephRbd.Driver.Volumes;

/// <summary>Finds the word somebody probably meant.</summary>
internal static class Nearest
{
    private const int MaxLength = 64;

    /// <summary>Finds the known word nearest to a mistyped one, without regard to case.</summary>
    /// <param name="word">The mistyped word.</param>
    /// <param name="known">The known words.</param>
    /// <returns>The nearest one, or null when none is near: more than a third of its letters differ.</returns>
    public static string? Find(string word, IEnumerable<string> known)
    {
        if (word.Length > MaxLength)
        {
            return null;
        }

        string? best = null;
        int bestDistance = int.MaxValue;
        string lower = word.ToLowerInvariant();
        foreach (string candidate in known)
        {
            int distance = Distance(lower, candidate.ToLowerInvariant());
            if (distance < bestDistance && distance <= Math.Max(1, candidate.Length / 3))
            {
                best = candidate;
                bestDistance = distance;
            }
        }

        return best;
    }

    /// <summary>Counts the letters to insert, drop, replace or swap with their neighbour to turn one word into the other.</summary>
    /// <param name="a">One word.</param>
    /// <param name="b">The other word.</param>
    /// <returns>The number of edits (optimal string alignment).</returns>
    public static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1];
        int[] last = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(last[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
                }
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[b.Length];
    }
}
