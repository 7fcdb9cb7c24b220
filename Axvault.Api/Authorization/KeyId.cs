using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Axvault.Api.Authorization;

/// <summary>The id of an API key: <c>k_</c> and 12 lower-case hexadecimal digits. It is not a secret.</summary>
internal sealed record KeyId
{
    /// <summary>The form as a regular expression, for the reference.</summary>
    public const string Pattern = "^k_[0-9a-f]{12}$";

    private const string Prefix = "k_";
    private const int Digits = 12;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private KeyId(string value) => Value = value;

    /// <summary>The id as text.</summary>
    public string Value { get; }

    /// <summary>Creates a random id (48 bits). The primary key of the store refuses a repetition.</summary>
    public static KeyId Create() => new(Prefix + RandomNumberGenerator.GetHexString(Digits, lowercase: true));

    /// <summary>Creates an id from <paramref name="text"/> when it has the right form.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out KeyId? id)
    {
        id =
            text is { Length: 14 } && text.StartsWith(Prefix, StringComparison.Ordinal) && !text.AsSpan(Prefix.Length).ContainsAnyExcept(HexDigits)
                ? new KeyId(text)
                : null;
        return id is not null;
    }

    /// <summary>Creates an id from stored text.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static KeyId FromStored(string text) => TryParse(text, out var id) ? id : throw new FormatException("A stored key id breaks its rule.");

    /// <inheritdoc />
    public override string ToString() => Value;
}
