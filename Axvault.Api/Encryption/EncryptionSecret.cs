using System.Text;

namespace Axvault.Api.Encryption;

/// <summary>An encryption key as the operator gave it: text of at least <see cref="MinLength"/> characters. Never printed.</summary>
internal sealed class EncryptionSecret
{
    /// <summary>The least length, in characters.</summary>
    public const int MinLength = 32;

    private readonly string _text;

    /// <summary>Wraps <paramref name="text"/>.</summary>
    /// <exception cref="ArgumentException">The text is shorter than <see cref="MinLength"/>.</exception>
    public EncryptionSecret(string text)
    {
        if (text.Length < MinLength)
        {
            throw new ArgumentException($"An encryption key has at least {MinLength} characters.", nameof(text));
        }

        _text = text;
    }

    /// <summary>Returns the key as UTF-8, for the derivation.</summary>
    public byte[] Reveal() => Encoding.UTF8.GetBytes(_text);

    /// <inheritdoc />
    public override string ToString() => "…";
}
