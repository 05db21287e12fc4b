using System.Text;
using System.Text.Encodings.Web;

namespace CephRbd.Driver.Secrets;

/// <summary>Blanks keys in text that comes from elsewhere, before it reaches a log or a message.</summary>
internal static class Redactor
{
    /// <summary>What stands in a key's place.</summary>
    public const string Mask = "***";

    /// <summary>
    /// Replaces the given secrets (as they are, in base64, URL-escaped, JSON-escaped), everything that decodes to a cephx
    /// key, and the values of <c>key=</c>, <c>"userKey":</c> and the like by <c>***</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="secrets">The secrets known to the caller.</param>
    /// <returns>The text without them.</returns>
    public static string Redact(string text, params ReadOnlySpan<Secret> secrets)
    {
        foreach (Secret secret in secrets)
        {
            string raw = secret.Reveal();
            if (raw.Length == 0)
            {
                continue;
            }

            // Longest forms first: the raw text may be a part of an escaped form.
            text = text
                .Replace(Uri.EscapeDataString(raw), Mask, StringComparison.OrdinalIgnoreCase)
                .Replace(JavaScriptEncoder.Default.Encode(raw), Mask, StringComparison.OrdinalIgnoreCase)
                .Replace(raw, Mask, StringComparison.Ordinal)
                .Replace(Convert.ToBase64String(Encoding.UTF8.GetBytes(raw)), Mask, StringComparison.Ordinal);
        }

        return KeyFields.Blank(KeyShapes.Blank(text));
    }
}
