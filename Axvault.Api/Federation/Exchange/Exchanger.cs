using System.Diagnostics;
using System.Net;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Federation.Issuers;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Keys;

namespace Axvault.Api.Federation.Exchange;

/// <summary>Exchanges tokens of workloads for keys.</summary>
internal sealed class Exchanger(RuleStore rules, TokenJudge judge, ExchangeStore store, Ledger ledger, AuditSource source, TimeProvider time)
{
    private const int MaxTries = 3;

    /// <summary>Exchanges the token of <paramref name="request"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="address">The address of the client, if it is known.</param>
    /// <param name="cancellationToken">Ends the waits.</param>
    public async Task<Exchanged> RunAsync(TokenRequest request, IPAddress? address, CancellationToken cancellationToken)
    {
        if (!WorkloadToken.TryParse(request.Token, out var token))
        {
            return Exchanged.Denied("malformed token", request.Rule);
        }

        for (var tries = 1; ; tries++)
        {
            var (rule, issuer) = await rules.FindAsync(request.Rule, cancellationToken);
            if (rule is null || issuer is null)
            {
                return Exchanged.Denied("unknown rule", request.Rule, token);
            }

            if (await FindFaultAsync(token, rule.Rule, issuer, address, cancellationToken) is { } fault)
            {
                return Exchanged.Denied(fault, request.Rule, token);
            }

            var result = await IssueAsync(token, rule, issuer, cancellationToken);
            if (!result.IsChanged)
            {
                return result;
            }

            if (tries == MaxTries)
            {
                throw new TimeoutException("The rule has changed again and again while a token was exchanged.");
            }
        }
    }

    private async Task<string?> FindFaultAsync(WorkloadToken token, Rule rule, StoredIssuer issuer, IPAddress? address, CancellationToken cancellationToken)
    {
        if (!rule.Scope.Limits.Networks.Covers(address))
        {
            return "address";
        }

        return (await judge.JudgeAsync(token, rule, issuer, cancellationToken)).FirstOrDefault(static check => !check.Holds)?.Failure;
    }

    private async Task<Exchanged> IssueAsync(WorkloadToken token, StoredRule rule, StoredIssuer issuer, CancellationToken cancellationToken)
    {
        var (id, secret) = (KeyId.Create(), ApiKeySecret.Create());
        var scope = rule.Rule.Scope with { Limits = rule.Rule.Scope.Limits with { ExpiresAt = time.GetUtcNow() + rule.Rule.Ttl } };
        var key = new NewIssuedKey(id, secret.Hash(), scope, new IssuedBy(rule.Rule.Name, token.Subject!))
        {
            TokenMark = token.Mark(),
            TokenExpiresAt = token.ExpiresAt!.Value + TokenJudge.Skew,
        };
        var entry = source.Describe(AuditAction.TokenExchange, AuditOutcome.Success, Exchanged.Describe(null, rule.Rule.Name, token), id.Value);
        var result = await ledger.ChangeAsync(
            change => store.IssueAsync(change, rule, issuer, key, entry, cancellationToken),
            cancellationToken
        );
        return result switch
        {
            { IsIssued: true } => new Exchanged(secret, rule.Rule.Ttl),
            { Wait: { } wait } => Exchanged.Full(wait, rule.Rule.Name, token),
            { IsReplayed: true } => Exchanged.Denied("replayed", rule.Rule.Name, token),
            { IsChanged: true } => Exchanged.Changed,
            _ => throw new UnreachableException(),
        };
    }
}

/// <summary>The result of an exchange. A class, because it may hold a secret.</summary>
internal sealed class Exchanged
{
    /// <summary>The rule or the issuer has changed, and the token must be judged anew.</summary>
    public static readonly Exchanged Changed = new() { IsChanged = true };

    // A long issuer would push the subject out of the audit entry.
    private const int MaxIssuerLength = 160;

    private Exchanged() { }

    /// <summary>Creates the result of an issued key.</summary>
    /// <param name="secret">Its secret.</param>
    /// <param name="lifetime">Its lifetime.</param>
    public Exchanged(ApiKeySecret secret, TimeSpan lifetime) => (Secret, Lifetime) = (secret, lifetime);

    /// <summary>The secret of the key; <see langword="null"/> when none was issued.</summary>
    public ApiKeySecret? Secret { get; }

    /// <summary>The lifetime of the key.</summary>
    public TimeSpan Lifetime { get; }

    /// <summary>The reason for the audit log why no key was issued.</summary>
    public string? Reason { get; private init; }

    /// <summary>The time until the rule may have another key, when it has as many as it may have.</summary>
    public TimeSpan? Wait { get; private init; }

    /// <summary><see langword="true"/> when the token must be judged anew; otherwise <see langword="false"/>.</summary>
    public bool IsChanged { get; private init; }

    /// <summary>Returns the denial of a token.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="rule">The rule that was asked for.</param>
    /// <param name="token">The token, if it could be read.</param>
    public static Exchanged Denied(string reason, string rule, WorkloadToken? token = null) => new() { Reason = Describe(reason, rule, token) };

    /// <summary>Returns the refusal of a rule that has as many keys as it may have.</summary>
    public static Exchanged Full(TimeSpan wait, string rule, WorkloadToken token) =>
        new() { Wait = wait, Reason = Describe("as many keys as the rule may have", rule, token) };

    /// <summary>Returns the words for the audit log.</summary>
    public static string Describe(string? reason, string rule, WorkloadToken? token)
    {
        var issuer = AuditEntry.Cut(token?.Issuer, MaxIssuerLength) ?? "none";
        var who = token is null ? $"rule {rule}" : $"rule {rule}, issuer {issuer}, subject {token.Subject ?? "none"}";
        return reason is null ? who : $"{reason}: {who}";
    }
}
