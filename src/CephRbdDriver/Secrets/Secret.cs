using System.Security.Cryptography;
using System.Text;

namespace CephRbd.Driver.Secrets;

/// <summary>
/// A key's text. It shows as <c>***</c> wherever it is formatted; only <see cref="Reveal"/> gives the text.
/// Not serialisable on purpose: it has no public property.
/// </summary>
internal sealed class Secret : IEquatable<Secret>
{
    private readonly string _text;

    /// <summary>Wraps a key.</summary>
    /// <param name="text">The key's text.</param>
    public Secret(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    /// <summary>Gives the key itself, for the one place that hands it to Ceph.</summary>
    /// <returns>The key's text.</returns>
    public string Reveal() => _text;

    /// <summary>Compares in a time that depends on the lengths alone.</summary>
    /// <param name="other">The other secret.</param>
    /// <returns>Whether both hold the same text.</returns>
    public bool Equals(Secret? other) =>
        other is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(_text), Encoding.UTF8.GetBytes(other._text));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(_text, StringComparison.Ordinal);

    /// <summary>Hides the text.</summary>
    /// <returns>Always <c>***</c>.</returns>
    public override string ToString() => "***";
}
