using System.Diagnostics.CodeAnalysis;
using Microsoft.Net.Http.Headers;

namespace Axvault.Api.Http;

/// <summary>What a request makes itself depend on: <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110 §13.1.1 and §13.1.2). Made only by parsing.</summary>
internal sealed class Preconditions
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be * or entity tags in double quotes, separated by commas";

    private readonly IList<EntityTagHeaderValue>? _match;
    private readonly IList<EntityTagHeaderValue>? _noneMatch;

    private Preconditions(IList<EntityTagHeaderValue>? match, IList<EntityTagHeaderValue>? noneMatch) => (_match, _noneMatch) = (match, noneMatch);

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _match is null && _noneMatch is null;

    /// <summary>Reads the headers. What is no condition is refused: passed over, it would let through what it was to prevent.</summary>
    public static bool TryParse(IHeaderDictionary headers, FieldErrors errors, [NotNullWhen(true)] out Preconditions? conditions)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(errors);

        conditions = Read(headers, HeaderNames.IfMatch, errors, out var match) & Read(headers, HeaderNames.IfNoneMatch, errors, out var noneMatch)
            ? new Preconditions(match, noneMatch)
            : null;
        return conditions is not null;
    }

    /// <summary>Whether <c>If-Match</c> allows the request on what has the strong entity tag <paramref name="current"/>; <see langword="null"/> for what is not there.</summary>
    public bool Matches(string? current) => _match is null || (current is not null && _match.Any(tag => IsAny(tag) || (!tag.IsWeak && tag.Tag == current)));

    /// <summary>Whether <c>If-None-Match</c> names what has the entity tag <paramref name="current"/>, by the weak comparison (RFC 9110 §8.8.3.2); <see langword="null"/> for what is not there.</summary>
    public bool Excludes(string? current) => _noneMatch is not null && current is not null && _noneMatch.Any(tag => IsAny(tag) || tag.Tag == current);

    /// <summary>Whether both allow a change of what has the strong entity tag <paramref name="current"/>; <see langword="null"/> for what is not there.</summary>
    public bool AllowsChange(string? current) => Matches(current) && !Excludes(current);

    private static bool IsAny(EntityTagHeaderValue tag) => tag.Tag == EntityTagHeaderValue.Any.Tag;

    private static bool Read(IHeaderDictionary headers, string name, FieldErrors errors, out IList<EntityTagHeaderValue>? tags)
    {
        tags = null;
        if (!headers.TryGetValue(name, out var values))
        {
            return true;
        }

        if (EntityTagHeaderValue.TryParseStrictList(values.ToArray()!, out tags) && (tags.Count == 1 || !tags.Any(IsAny)))
        {
            return true;
        }

        errors.Report(name, Rule);
        return false;
    }
}
