using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Authorization;

namespace Axvault.Api.Federation.Rules;

/// <summary>A rule that gives API keys to workloads whose tokens match it.</summary>
/// <param name="Name">The name, by which a workload asks for it.</param>
/// <param name="Issuer">The name of the issuer.</param>
/// <param name="Audience">The audience that a token must have.</param>
/// <param name="Subject">The subjects; <see langword="null"/> for any.</param>
/// <param name="Claims">The further claims, in the order of their names.</param>
internal sealed record Rule(string Name, string Issuer, string Audience, SubjectPattern? Subject, IReadOnlyList<ClaimMatcher> Claims)
{
    /// <summary>The shortest and the longest lifetime of a key, and the one that is used when none is given, in seconds.</summary>
    public const int MinTtl = 60;

    /// <inheritdoc cref="MinTtl"/>
    public const int MaxTtl = 86_400;

    /// <inheritdoc cref="MinTtl"/>
    public const int DefaultTtl = 3_600;

    /// <summary>The number of keys that a rule may have at a time, when none is given, and the greatest.</summary>
    public const int DefaultKeys = 1_000;

    /// <inheritdoc cref="DefaultKeys"/>
    public const int MaxKeyCount = 10_000;

    /// <summary>The events of GitHub that the rule takes; empty for all but those of pull requests.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>The rights of the keys, and their networks.</summary>
    public required AccessScope Scope { get; init; }

    /// <summary>The lifetime of a key.</summary>
    public required TimeSpan Ttl { get; init; }

    /// <summary>The greatest number of keys at a time.</summary>
    public required int MaxKeys { get; init; }

    /// <summary>The claims as JSON.</summary>
    public string ClaimsJson() =>
        JsonSerializer.Serialize(
            Claims.ToDictionary(static claim => claim.Name, static claim => claim.Values.ToArray()),
            ClaimsJsonContext.Default.DictionaryStringStringArray
        );

    /// <summary>Reads the JSON of <see cref="ClaimsJson"/>.</summary>
    /// <exception cref="FormatException">The text is not that JSON.</exception>
    public static IReadOnlyList<ClaimMatcher> ReadClaims(string json) =>
        [
            .. (
                JsonSerializer.Deserialize(json, ClaimsJsonContext.Default.DictionaryStringStringArray)
                ?? throw new FormatException("The stored claims of a rule are not an object.")
            ).Select(static claim => new ClaimMatcher(claim.Key, claim.Value)),
        ];

    /// <summary>Returns <see langword="true"/> when <paramref name="other"/> gives the same keys to the same workloads.</summary>
    public bool IsSame(Rule other) =>
        (Name, Issuer, Audience, Subject, Ttl, MaxKeys, ClaimsJson())
            == (other.Name, other.Issuer, other.Audience, other.Subject, other.Ttl, other.MaxKeys, other.ClaimsJson())
        && (Scope.Limits.RequestsPerMinute, Scope.Limits.TokensPerDay) == (other.Scope.Limits.RequestsPerMinute, other.Scope.Limits.TokensPerDay)
        && Events.SequenceEqual(other.Events)
        && Lists().Zip(other.Lists()).All(static lists => lists.First.SequenceEqual(lists.Second));

    private IEnumerable<string[]> Lists() =>
        [Scope.Read.ToArray(), Scope.Write.ToArray(), Scope.Use.ToArray(), Scope.Grant.ToArray(), Scope.Limits.Networks.ToArray()];
}

/// <summary>A rule as stored.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="CreatedAt">The time at which it was made.</param>
/// <param name="UpdatedAt">The time of its last change.</param>
/// <param name="WrittenBy">The transaction that wrote the row (PostgreSQL's <c>xmin</c>). It differs once the row has changed.</param>
internal sealed record StoredRule(Rule Rule, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, uint WrittenBy);

/// <summary>The JSON form of stored claims.</summary>
[JsonSerializable(typeof(Dictionary<string, string[]>))]
internal sealed partial class ClaimsJsonContext : JsonSerializerContext;
