using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Authorization;

/// <summary>The name of a credential: 1 to 128 of <c>A-Z a-z 0-9 . _ -</c>, starting with a letter or digit, case-sensitive, compared by ordinal.</summary>
/// <remarks>Created only by parsing, so a value of this type always follows the rule.</remarks>
internal sealed record CredentialName
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be 1 to 128 characters of A-Z a-z 0-9 . _ - and start with a letter or digit";

    /// <summary>The rule as a regular expression, for the reference.</summary>
    public const string Pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";

    /// <summary>The greatest length of a name, in characters.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private CredentialName(string value) => Value = value;

    /// <summary>The name as text.</summary>
    public string Value { get; }

    /// <summary>Creates a name from <paramref name="text"/> when it follows the rule.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out CredentialName? name)
    {
        name = IsWellFormed(text) ? new CredentialName(text!) : null;
        return name is not null;
    }

    /// <summary>Creates a name from stored text.</summary>
    /// <exception cref="FormatException">The text breaks the rule.</exception>
    public static CredentialName FromStored(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException("A stored credential name breaks its rule.");

    /// <summary>Returns <see langword="true"/> when <paramref name="text"/> follows the rule; otherwise <see langword="false"/>.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= MaxLength && char.IsAsciiLetterOrDigit(text[0]) && !text.ContainsAnyExcept(Allowed);

    /// <inheritdoc />
    public override string ToString() => Value;
}
