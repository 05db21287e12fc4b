using System.Text;

namespace CephRbd.Driver.Volumes;

/// <summary>Splits a line into words as a shell would, but expands nothing and starts no shell.</summary>
internal static class ShellWords
{
    /// <summary>Splits at blanks; single quotes, double quotes and backslashes keep blanks together.</summary>
    /// <param name="line">The line.</param>
    /// <param name="words">The words; empty when the line is refused.</param>
    /// <returns>False when a quote is left open or a backslash ends the line.</returns>
    public static bool TrySplit(string line, out IReadOnlyList<string> words)
    {
        List<string> result = [];
        words = [];
        StringBuilder? word = null;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '\\' && quote != '\'')
            {
                if (++i == line.Length)
                {
                    return false;
                }

                // In double quotes a backslash is special only before what it can protect.
                if (quote == '"' && line[i] is not ('"' or '\\'))
                {
                    word!.Append('\\');
                }

                (word ??= new StringBuilder()).Append(line[i]);
            }
            else if (quote != '\0')
            {
                if (c == quote)
                {
                    quote = '\0';
                }
                else
                {
                    word!.Append(c);
                }
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                word ??= new StringBuilder();
            }
            else if (c is not (' ' or '\t' or '\n'))
            {
                (word ??= new StringBuilder()).Append(c);
            }
            else if (word is not null)
            {
                result.Add(word.ToString());
                word = null;
            }
        }

        if (quote != '\0')
        {
            return false;
        }

        if (word is not null)
        {
            result.Add(word.ToString());
        }

        words = result;
        return true;
    }
}
