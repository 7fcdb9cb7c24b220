using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Keys;

namespace Axvault.Api.Federation.Rules;

/// <summary>A rule that gives API keys to workloads. It needs a subject or claims beside the audience.</summary>
/// <param name="Issuer">The name of the issuer.</param>
/// <param name="Audience">The audience that a token must have, exactly. Choose one of this vault's own, such as its URL.</param>
/// <param name="Subject">The subject of the tokens: exact, or with one <c>*</c> at the end, after <c>:</c> or <c>/</c>.</param>
/// <param name="Claims">
/// Further claims that a token must have: for each name a value, or a list of accepted values. A name that begins with <c>/</c> is a JSON pointer (RFC 6901).
/// </param>
/// <param name="Events">
/// The accepted values of GitHub's <c>event_name</c>. Without this list every event is accepted but <c>pull_request</c> and <c>pull_request_target</c>.
/// </param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RuleRequest(string? Issuer, string? Audience, string? Subject, Dictionary<string, JsonElement>? Claims, string?[]? Events)
{
    private const int MaxClaims = 32;
    private const int MaxValues = 64;
    /// <summary>The greatest length of a text, in characters.</summary>
    public const int MaxTextLength = 512;

    private const int MaxEvents = 64;

    // Audiences of the API server of a cluster. A token with one of them was made for the cluster, and lies in every pod.
    private static readonly string[] ApiServerAudiences =
    [
        "api",
        "k3s",
        "kubernetes",
        "kubernetes.default.svc",
        "https://kubernetes.default",
        "https://kubernetes.default.svc",
        "https://kubernetes.default.svc.cluster.local",
    ];

    // These are checked for every token, or have a member of their own.
    private static readonly string[] OwnClaims = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", PullRequestEvents.Claim];

    /// <summary>The names that the keys may read.</summary>
    public string?[]? ReadAccess { get; init; }

    /// <summary>The names that the keys may write, delete and refresh.</summary>
    public string?[]? WriteAccess { get; init; }

    /// <summary>The entries that the keys may put into the lists of other keys, which expire no later.</summary>
    public string?[]? GrantAccess { get; init; }

    /// <summary>The lifetime of a key, in seconds: 60 to 86400, 3600 by default.</summary>
    public int? TtlSeconds { get; init; }

    /// <summary>The number of keys that the rule may have at a time: 1 to 10000, 1000 by default.</summary>
    public int? MaxKeys { get; init; }

    /// <summary>Addresses and networks (CIDR, IPv4 or IPv6) from which tokens are exchanged and the keys used. An empty list allows every address.</summary>
    public string?[]? AllowedCidrs { get; init; }

    /// <summary>The names that the keys may use through the broker, without seeing their values.</summary>
    public string?[]? UseAccess { get; init; }

    /// <summary>The greatest number of calls through the broker in a minute, of all keys of the rule together; 0 for no limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens that calls through the broker use in a day (UTC), of all keys of the rule together; 0 for no limit.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>Checks the body.</summary>
    public bool TryValidate(FieldErrors errors, string name, out Rule rule)
    {
        var audience = errors.Text("audience", Audience, MaxTextLength, required: true);
        if (audience is not null && ApiServerAudiences.Contains(audience.TrimEnd('/'), StringComparer.OrdinalIgnoreCase))
        {
            errors.Report("audience", "must not be that of the cluster's API server, which tokens for other purposes have, too");
        }

        if (!CredentialName.TryParse(Issuer, out var issuer))
        {
            errors.Report("issuer", $"must be the name of an issuer: it {CredentialName.Rule}");
        }

        var claims = ParseClaims(errors);
        rule = new Rule(name, issuer?.Value ?? "", audience ?? "", ParseSubject(errors), claims)
        {
            Events = ParseEvents(errors),
            Scope = new AccessScope(
                errors.AccessList("readAccess", ReadAccess) ?? AccessList.None,
                errors.AccessList("writeAccess", WriteAccess) ?? AccessList.None,
                errors.AccessList("grantAccess", GrantAccess) ?? AccessList.None
            )
            {
                Use = errors.AccessList("useAccess", UseAccess) ?? AccessList.None,
                Limits = new KeyLimits(null, errors.Networks("allowedCidrs", AllowedCidrs) ?? ClientNetworks.Any)
                {
                    RequestsPerMinute = UseLimitFields.OrNone(errors.RequestsPerMinute(RequestsPerMinute)),
                    TokensPerDay = UseLimitFields.OrNone(errors.TokensPerDay(TokensPerDay)),
                },
            },
            Ttl = TimeSpan.FromSeconds(Number(errors, "ttlSeconds", TtlSeconds, Rule.MinTtl, Rule.MaxTtl, Rule.DefaultTtl)),
            MaxKeys = Number(errors, "maxKeys", MaxKeys, 1, Rule.MaxKeyCount, Rule.DefaultKeys),
        };
        if (Subject is null && claims.Count == 0)
        {
            errors.Report("subject", "or claims must be given: without one, every workload of the issuer would get the keys");
        }

        return errors.Count == 0;
    }

    private static int Number(FieldErrors errors, string field, int? value, int least, int most, int usual)
    {
        if (value < least || value > most)
        {
            errors.Report(field, $"must be a whole number from {least} to {most}");
        }

        return value ?? usual;
    }

    private SubjectPattern? ParseSubject(FieldErrors errors)
    {
        SubjectPattern? pattern = null;
        if (Subject is not null && !SubjectPattern.TryParse(Subject, out pattern))
        {
            errors.Report("subject", SubjectPattern.Rule);
        }

        return pattern;
    }

    private string[] ParseEvents(FieldErrors errors)
    {
        if (Events?.Length > MaxEvents)
        {
            errors.Report("events", $"must have at most {MaxEvents} entries");
            return [];
        }

        return [.. (Events ?? []).Select(text => errors.Text("events", text, MaxTextLength, required: true) ?? "").Distinct()];
    }

    private List<ClaimMatcher> ParseClaims(FieldErrors errors)
    {
        List<ClaimMatcher> claims = [];
        if (Claims?.Count > MaxClaims)
        {
            errors.Report("claims", $"must have at most {MaxClaims} members");
            return claims;
        }

        foreach (var (name, value) in (Claims ?? []).OrderBy(static claim => claim.Key, StringComparer.Ordinal))
        {
            if (name.Length is 0 or > MaxTextLength || name.Any(char.IsControl) || name == "/")
            {
                errors.Report("claims", $"must have names of 1 to {MaxTextLength} characters, without control characters");
            }
            else if (OwnClaims.Contains(name))
            {
                errors.Report("claims", "must not repeat what issuer, audience, subject and events say, nor the times and the id of a token");
            }

            claims.Add(new ClaimMatcher(name, ParseValues(errors, value)));
        }

        return claims;
    }

    private static string[] ParseValues(FieldErrors errors, JsonElement value)
    {
        JsonElement[] values = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        var texts = values.Where(StrictJson.IsText).Select(ClaimMatcher.Text).OfType<string>().ToArray();
        var isWrong = texts.Any(static text => text.Length > MaxTextLength || text.Any(static letter => letter == '*' || char.IsControl(letter)));
        if (values.Length is 0 or > MaxValues || texts.Length != values.Length || isWrong)
        {
            errors.Report("claims", $"must have values that are a text, a number, a flag, or a list of 1 to {MaxValues} of them, without wildcards");
        }

        return texts;
    }
}

/// <summary>A rule that gives API keys to workloads.</summary>
/// <param name="Name">The name, by which a workload asks for it.</param>
/// <param name="Issuer">The name of the issuer.</param>
/// <param name="Audience">The audience that a token must have.</param>
/// <param name="Subject">The subject of the tokens; absent for any.</param>
/// <param name="Claims">The further claims, each with its accepted values; absent for none.</param>
/// <param name="Events">The accepted events of GitHub; absent for all but those of pull requests.</param>
internal sealed record RuleResponse(
    string Name,
    string Issuer,
    string Audience,
    string? Subject,
    Dictionary<string, string[]>? Claims,
    IReadOnlyList<string>? Events
)
{
    /// <summary>The names that the keys may read.</summary>
    public required string[] ReadAccess { get; init; }

    /// <summary>The names that the keys may write, delete and refresh.</summary>
    public required string[] WriteAccess { get; init; }

    /// <summary>The entries that the keys may put into the lists of other keys.</summary>
    public required string[] GrantAccess { get; init; }

    /// <summary>The names that the keys may use through the broker; absent for none.</summary>
    public string[]? UseAccess { get; init; }

    /// <summary>The greatest number of calls through the broker in a minute, of all keys together; absent for any.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens that calls through the broker use in a day (UTC), of all keys together; absent for any.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>The lifetime of a key, in seconds.</summary>
    public required int TtlSeconds { get; init; }

    /// <summary>The number of keys that the rule may have at a time.</summary>
    public required int MaxKeys { get; init; }

    /// <summary>The networks of the workloads; absent when every address is allowed.</summary>
    public string[]? AllowedCidrs { get; init; }

    /// <summary>The time at which the rule was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The risks of the rule, as sentences for its author; absent when there are none.</summary>
    public string[]? Warnings { get; init; }

    /// <summary>Returns <paramref name="stored"/> as the API shows it.</summary>
    public static RuleResponse Of(StoredRule stored)
    {
        var rule = stored.Rule;
        return new(
            rule.Name,
            rule.Issuer,
            rule.Audience,
            rule.Subject?.Text,
            rule.Claims.Count == 0 ? null : rule.Claims.ToDictionary(static claim => claim.Name, static claim => claim.Values.ToArray()),
            rule.Events.Count == 0 ? null : rule.Events
        )
        {
            ReadAccess = rule.Scope.Read.ToArray(),
            WriteAccess = rule.Scope.Write.ToArray(),
            GrantAccess = rule.Scope.Grant.ToArray(),
            UseAccess = rule.Scope.Use.ToStored(),
            RequestsPerMinute = rule.Scope.Limits.RequestsPerMinute,
            TokensPerDay = rule.Scope.Limits.TokensPerDay,
            TtlSeconds = (int)rule.Ttl.TotalSeconds,
            MaxKeys = rule.MaxKeys,
            AllowedCidrs = rule.Scope.Limits.Networks.IsAny ? null : rule.Scope.Limits.Networks.ToArray(),
            CreatedAt = stored.CreatedAt,
            UpdatedAt = stored.UpdatedAt,
            Warnings = RuleWarnings.Of(rule).ToArray() is { Length: > 0 } warnings ? warnings : null,
        };
    }
}

/// <summary>Rules.</summary>
/// <param name="Rules">The rules that the calling key may write.</param>
internal sealed record RuleListResponse(IReadOnlyList<RuleResponse> Rules);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(RuleRequest))]
[JsonSerializable(typeof(RuleResponse))]
[JsonSerializable(typeof(RuleListResponse))]
internal sealed partial class RuleJsonContext : JsonSerializerContext;
