using System.Diagnostics.CodeAnalysis;
using Microsoft.Net.Http.Headers;

namespace Axvault.Api.Http;

/// <summary>The conditions of a request: <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110 §13.1.1 and §13.1.2). Created only by parsing.</summary>
internal sealed class Preconditions
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be * or entity tags in double quotes, separated by commas";

    private readonly IList<EntityTagHeaderValue>? _match;
    private readonly IList<EntityTagHeaderValue>? _noneMatch;

    private Preconditions(IList<EntityTagHeaderValue>? match, IList<EntityTagHeaderValue>? noneMatch) => (_match, _noneMatch) = (match, noneMatch);

    /// <summary><see langword="true"/> when the request has no condition; otherwise <see langword="false"/>.</summary>
    public bool IsEmpty => _match is null && _noneMatch is null;

    /// <summary>Reads both headers. A malformed condition is refused: ignored, it would allow the change that it was to prevent.</summary>
    /// <param name="ifMatch"><c>If-Match</c>; <see langword="null"/> when absent. Several lines of the header are joined by commas (RFC 9110 §5.3).</param>
    /// <param name="ifNoneMatch"><c>If-None-Match</c>, in the same way.</param>
    /// <param name="errors">Receives the faults.</param>
    /// <param name="conditions">The conditions, when both are well formed.</param>
    public static bool TryParse(string? ifMatch, string? ifNoneMatch, FieldErrors errors, [NotNullWhen(true)] out Preconditions? conditions)
    {
        conditions =
            Read(HeaderNames.IfMatch, ifMatch, errors, out var match) & Read(HeaderNames.IfNoneMatch, ifNoneMatch, errors, out var noneMatch)
                ? new Preconditions(match, noneMatch)
                : null;
        return conditions is not null;
    }

    /// <summary>
    /// Returns <see langword="true"/> when <c>If-Match</c> allows the request; otherwise <see langword="false"/>. The present strong entity tag is
    /// <paramref name="current"/>, or <see langword="null"/> when the thing does not exist.
    /// </summary>
    public bool Matches(string? current) => _match is null || (current is not null && _match.Any(tag => IsAny(tag) || (!tag.IsWeak && tag.Tag == current)));

    /// <summary>
    /// Returns <see langword="true"/> when <c>If-None-Match</c> names <paramref name="current"/>, by the weak comparison (RFC 9110 §8.8.3.2); otherwise
    /// <see langword="false"/>. It is <see langword="null"/> when the thing does not exist.
    /// </summary>
    public bool Excludes(string? current) => _noneMatch is not null && current is not null && _noneMatch.Any(tag => IsAny(tag) || tag.Tag == current);

    /// <summary>
    /// Returns <see langword="true"/> when both conditions allow a change; otherwise <see langword="false"/>. The present strong entity tag is
    /// <paramref name="current"/>, or <see langword="null"/> when the thing does not exist.
    /// </summary>
    public bool AllowsChange(string? current) => Matches(current) && !Excludes(current);

    private static bool IsAny(EntityTagHeaderValue tag) => tag.Tag == EntityTagHeaderValue.Any.Tag;

    private static bool Read(string name, string? text, FieldErrors errors, out IList<EntityTagHeaderValue>? tags)
    {
        tags = null;
        if (text is null || (EntityTagHeaderValue.TryParseStrictList([text], out tags) && (tags.Count == 1 || !tags.Any(IsAny))))
        {
            return true;
        }

        errors.Report(name, Rule);
        return false;
    }
}
