using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Authorization;

/// <summary>One entry of an access list: a credential's name, a prefix ending in <c>*</c> (<c>claude.*</c>), or <c>*</c> for every name.</summary>
/// <remarks>Created only by parsing. A <c>*</c> stands only at the end, so an entry matches by prefix and never by pattern.</remarks>
internal sealed record AccessEntry
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be a credential name, a prefix of one ending in *, or * alone";

    /// <summary>The rule as a regular expression, for the reference.</summary>
    public const string Pattern = @"^(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,126}\*|[A-Za-z0-9][A-Za-z0-9._-]{0,127})$";

    /// <summary>The entry that covers every name and every other entry.</summary>
    public static readonly AccessEntry All = new("*");

    private AccessEntry(string value) => Value = value;

    /// <summary>The entry as text.</summary>
    public string Value { get; }

    /// <summary><see langword="true"/> when the entry is <c>*</c> or ends in it; otherwise <see langword="false"/>.</summary>
    public bool IsPrefix => Value[^1] == '*';

    /// <summary>The prefix or the whole name that a name must have; empty for <c>*</c>.</summary>
    public ReadOnlySpan<char> Stem => IsPrefix ? Value.AsSpan(0, Value.Length - 1) : Value;

    /// <summary>Creates an entry from <paramref name="text"/> when it follows the rule.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out AccessEntry? entry)
    {
        entry = text switch
        {
            null or "" => null,
            "*" => All,
            [.. var stem, '*'] when stem.Length < CredentialName.MaxLength && CredentialName.IsWellFormed(stem) => new AccessEntry(text),
            _ when CredentialName.IsWellFormed(text) => new AccessEntry(text),
            _ => null,
        };
        return entry is not null;
    }

    /// <summary>Returns <see langword="true"/> when this entry gives access to <paramref name="name"/>; otherwise <see langword="false"/>.</summary>
    public bool Covers(CredentialName name) =>
        IsPrefix ? name.Value.AsSpan().StartsWith(Stem, StringComparison.Ordinal) : string.Equals(Value, name.Value, StringComparison.Ordinal);

    /// <summary>
    /// Returns <see langword="true"/> when this entry covers every name that <paramref name="other"/> covers; <c>*</c> is covered only by <c>*</c>.
    /// </summary>
    public bool Contains(AccessEntry other) =>
        IsPrefix ? other.Stem.StartsWith(Stem, StringComparison.Ordinal) : string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => Value;
}
