using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Authorization;

/// <summary>The name of a credential: 1 to 128 of <c>A-Z a-z 0-9 . _ -</c>, starting with a letter or digit; case-sensitive, compared by ordinal.</summary>
/// <remarks>Made only by parsing, so a value of this type always keeps the rule.</remarks>
internal sealed record CredentialName
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be 1 to 128 characters of A-Z a-z 0-9 . _ - and start with a letter or digit";

    /// <summary>The greatest length of a name, in characters.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private CredentialName(string value) => Value = value;

    /// <summary>The name as text.</summary>
    public string Value { get; }

    /// <summary>Makes a name of <paramref name="text"/> when it keeps the rule.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out CredentialName? name)
    {
        name = IsWellFormed(text) ? new CredentialName(text!) : null;
        return name is not null;
    }

    /// <summary>Makes a name of what a store holds.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static CredentialName FromStored(string text) => TryParse(text, out var name) ? name : throw new FormatException("A stored credential name breaks its rule.");

    /// <summary>Whether <paramref name="text"/> keeps the rule.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= MaxLength && char.IsAsciiLetterOrDigit(text[0]) && !text.ContainsAnyExcept(Allowed);

    /// <inheritdoc />
    public override string ToString() => Value;
}
