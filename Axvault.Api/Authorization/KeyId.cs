using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Axvault.Api.Authorization;

/// <summary>The id of an API key: <c>k_</c> and 12 lower-case hexadecimal digits. It names the key and is no secret.</summary>
internal sealed record KeyId
{
    private const string Prefix = "k_";
    private const int Digits = 12;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private KeyId(string value) => Value = value;

    /// <summary>The id as text.</summary>
    public string Value { get; }

    /// <summary>Makes a new random id (48 bits; the store's primary key refuses a repetition).</summary>
    public static KeyId Create() => new(Prefix + RandomNumberGenerator.GetHexString(Digits, lowercase: true));

    /// <summary>Makes an id of <paramref name="text"/> when it has the form of one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out KeyId? id)
    {
        id = text is { Length: 14 } && text.StartsWith(Prefix, StringComparison.Ordinal) && !text.AsSpan(Prefix.Length).ContainsAnyExcept(HexDigits)
            ? new KeyId(text)
            : null;
        return id is not null;
    }

    /// <summary>Makes an id of what a store holds.</summary>
    /// <exception cref="FormatException">It is no id.</exception>
    public static KeyId FromStored(string text) => TryParse(text, out var id) ? id : throw new FormatException("A stored key id breaks its rule.");

    /// <inheritdoc />
    public override string ToString() => Value;
}
