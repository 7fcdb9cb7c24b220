using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Federation.Rules;

/// <summary>
/// The subjects of a rule: one exact text, or all that begin with a text which ends in <c>:</c> or <c>/</c>, written with a <c>*</c> after it.
/// </summary>
/// <remarks>Created only by parsing, so a value of this type always follows the rule.</remarks>
internal sealed record SubjectPattern
{
    /// <summary>The greatest length, in characters.</summary>
    public const int MaxLength = 1024;

    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule =
        "must be an exact subject, or one that ends in :* or /* and names at least an owner, a namespace or a trust domain before it";

    // The parts of a subject before the star: "repo:" names no owner, and "system:serviceaccount:" no namespace.
    private const int MinParts = 2;
    private const string ServiceAccounts = "system:serviceaccount:";

    private SubjectPattern(string text) => Text = text;

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <summary><see langword="true"/> when the pattern has a star; otherwise <see langword="false"/>.</summary>
    public bool IsPrefix => Text[^1] == '*';

    /// <summary>Reads a pattern.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SubjectPattern? pattern)
    {
        var star = text.IndexOf('*', StringComparison.Ordinal);
        var isWellFormed =
            text.Length is > 0 and <= MaxLength
            && !string.IsNullOrWhiteSpace(text)
            && !text.Any(char.IsControl)
            && (star < 0 || (star == text.Length - 1 && NamesSomeone(text[..star])));
        pattern = isWellFormed ? new SubjectPattern(text) : null;
        return isWellFormed;
    }

    /// <summary>Returns <see langword="true"/> when <paramref name="subject"/> is one of these; otherwise <see langword="false"/>.</summary>
    public bool Matches(string subject) =>
        IsPrefix
            ? subject.Length > Text.Length - 1 && subject.AsSpan().StartsWith(Text.AsSpan(..^1), StringComparison.Ordinal)
            : string.Equals(subject, Text, StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => Text;

    private static bool NamesSomeone(string prefix) =>
        prefix.Length > 0
        && prefix[^1] is ':' or '/'
        && prefix != ServiceAccounts
        && prefix.Split([':', '/'], StringSplitOptions.RemoveEmptyEntries).Length >= MinParts;
}
