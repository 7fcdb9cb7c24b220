using Axvault.Api.Federation.Issuers;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Axvault.Api.Federation.Exchange;

/// <summary>Judges a token by a rule and its issuer. All conditions are exact; every one of them is in docs/workload-identity.md.</summary>
internal sealed class TokenJudge(IssuerKeys keys, TimeProvider time)
{
    /// <summary>The time by which the clock of an issuer may be off.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    // Other types are JWTs for other purposes (RFC 8725 §3.11), such as a logout or an event.
    private static readonly string[] Types = ["JWT", "JOSE", "at+jwt", "application/at+jwt"];

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = WorkloadToken.MaxLength };

    /// <summary>Checks every condition, the cheap ones first. The signature is only verified when all that it needs is there.</summary>
    /// <param name="token">The token.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="stored">The issuer of the rule.</param>
    /// <param name="cancellationToken">Ends the wait for the keys.</param>
    public async Task<IReadOnlyList<TokenCheck>> JudgeAsync(WorkloadToken token, Rule rule, StoredIssuer stored, CancellationToken cancellationToken)
    {
        var issuer = stored.Issuer;
        var isAccepted = token.Algorithm is { } name && issuer.Algorithms.Contains(name);
        TokenCheck[] form =
        [
            TokenCheck.Of("algorithm", isAccepted, "algorithm", string.Join(", ", issuer.Algorithms), token.Algorithm),
            TokenCheck.Of("type", token.Type is null || Types.Contains(token.Type, StringComparer.OrdinalIgnoreCase), "type", "JWT", token.Type),
            TokenCheck.Of("extensions", !token.NeedsExtension, "critical extension"),
            TokenCheck.Of("issuer", string.Equals(token.Issuer, issuer.Identifier, StringComparison.Ordinal), "issuer", issuer.Identifier, token.Issuer),
            TokenCheck.Of("key id", token.KeyId is { Length: > 0 }, "no key id", found: token.KeyId),
        ];
        var signature = form.All(static check => check.Holds)
            ? await VerifyAsync(token, stored, cancellationToken)
            : new TokenCheck("signature", "not verified");
        return [.. form, signature, .. CheckTimes(token), .. CheckClaims(token, rule)];
    }

    private async Task<TokenCheck> VerifyAsync(WorkloadToken token, StoredIssuer issuer, CancellationToken cancellationToken)
    {
        if (await keys.FindAsync(issuer, token.KeyId!, cancellationToken) is not { } set)
        {
            return new TokenCheck("signature", "keys unavailable");
        }

        SecurityKey[] candidates = [.. set.Find(token.KeyId!, token.Algorithm!).Select(static key => key.Key)];
        if (candidates.Length == 0)
        {
            return new TokenCheck("signature", "unknown key id");
        }

        // Only the signature: the claims are checked here with the server's clock, each with a reason of its own.
        var result = await Handler.ValidateTokenAsync(
            token.Text,
            new TokenValidationParameters
            {
                IssuerSigningKeyResolver = (_, _, _, _) => candidates,
                RequireExpirationTime = false,
                TryAllIssuerSigningKeys = false,
                ValidAlgorithms = [token.Algorithm],
                ValidateAudience = false,
                ValidateIssuer = false,
                ValidateLifetime = false,
            }
        );
        return TokenCheck.Of("signature", result.IsValid, "signature");
    }

    private IEnumerable<TokenCheck> CheckTimes(WorkloadToken token)
    {
        var now = time.GetUtcNow();
        yield return TokenCheck.Of("expiry", now < token.ExpiresAt + Skew, token.ExpiresAt is null ? "no expiry" : "expired", found: Text(token.ExpiresAt));
        yield return TokenCheck.Of(
            "issued at",
            token.IssuedAt <= now + Skew && token.IssuedAt >= now - MaxAge - Skew,
            token.IssuedAt is null ? "no time of issue" : token.IssuedAt > now ? "issued in the future" : "issued too long ago",
            found: Text(token.IssuedAt)
        );
        yield return TokenCheck.Of("not before", token.NotBefore is null || token.NotBefore <= now + Skew, "not yet valid", found: Text(token.NotBefore));
    }

    private static IEnumerable<TokenCheck> CheckClaims(WorkloadToken token, Rule rule)
    {
        var audiences = token.Audiences.Count == 0 ? null : string.Join(", ", token.Audiences);
        yield return TokenCheck.Of("audience", token.Audiences.Contains(rule.Audience, StringComparer.Ordinal), "audience", rule.Audience, audiences);
        yield return TokenCheck.Of(
            "subject",
            token.Subject is { Length: > 0 } subject && rule.Subject?.Matches(subject) != false,
            "subject",
            rule.Subject?.Text,
            token.Subject
        );
        var claim = new ClaimMatcher(PullRequestEvents.Claim, rule.Events);
        var found = claim.Describe(token.Claims);
        yield return TokenCheck.Of("event", PullRequestEvents.Takes(rule.Events, found), "event", string.Join(", ", rule.Events), found);
        foreach (var matcher in rule.Claims)
        {
            yield return TokenCheck.Of(
                $"claim {matcher.Name}",
                matcher.Matches(token.Claims),
                $"claim {matcher.Name}",
                string.Join(", ", matcher.Values),
                matcher.Describe(token.Claims)
            );
        }
    }

    private static string? Text(DateTimeOffset? at) => at is { } value ? Timestamp.ToText(value) : null;
}
