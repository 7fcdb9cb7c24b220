using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>The calls on rules of workload identity.</summary>
/// <example><code>var rules = await vault.Rules.ListAsync();</code></example>
public sealed class RulesClient
{
    private readonly ApiTransport _transport;

    internal RulesClient(ApiTransport transport) => _transport = transport;

    /// <summary>Lists the rules that the key may write.</summary>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The rules.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var rules = await vault.Rules.ListAsync();</code></example>
    public async Task<IReadOnlyList<WorkloadRule>> ListAsync(CancellationToken cancellationToken = default) =>
        (await _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, "rules"), ApiJsonContext.Default.WorkloadRuleList, cancellationToken)).Rules;

    /// <summary>Reads a rule.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The rule.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var rule = await vault.Rules.ReadAsync("github-main");</code></example>
    public Task<WorkloadRule> ReadAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, PathOf(name)), ApiJsonContext.Default.WorkloadRule, cancellationToken);

    /// <summary>Makes or replaces a rule. A change ends the keys that it has issued.</summary>
    /// <param name="name">The name.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The rule, with warnings.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var rule = await vault.Rules.PutAsync("github-main", settings);</code></example>
    public Task<WorkloadRule> PutAsync(string name, WorkloadRuleSettings rule, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            // A copy, because a rule that was read has members that the server does not take.
            ApiTransport.Request(
                HttpMethod.Put,
                PathOf(name),
                ApiTransport.Json(Copy(rule), ApiJsonContext.Default.WorkloadRuleSettings)
            ),
            ApiJsonContext.Default.WorkloadRule,
            cancellationToken
        );

    /// <summary>Deletes a rule, and ends the keys that it has issued.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>A task that ends with the call.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Rules.DeleteAsync("github-main");</code></example>
    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.RunAsync(ApiTransport.Request(HttpMethod.Delete, PathOf(name)), cancellationToken);

    /// <summary>Tests a token against a rule. Nothing is issued, and the token is not stored.</summary>
    /// <param name="name">The name of the rule.</param>
    /// <param name="token">The token of a workload.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The conditions, and whether they hold.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var test = await vault.Rules.TestAsync("github-main", token);</code></example>
    public Task<WorkloadRuleTest> TestAsync(string name, string token, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiTransport.Request(HttpMethod.Post, PathOf(name) + "/test", ApiTransport.Json(new TestedToken(token), ApiJsonContext.Default.TestedToken)),
            ApiJsonContext.Default.WorkloadRuleTest,
            cancellationToken
        );

    private static string PathOf(string name) => ApiTransport.PathOf("rules", name);

    private static WorkloadRuleSettings Copy(WorkloadRuleSettings rule) =>
        new()
        {
            Issuer = rule.Issuer,
            Audience = rule.Audience,
            Subject = rule.Subject,
            Claims = rule.Claims,
            Events = rule.Events,
            ReadAccess = rule.ReadAccess,
            WriteAccess = rule.WriteAccess,
            GrantAccess = rule.GrantAccess,
            UseAccess = rule.UseAccess,
            RequestsPerMinute = rule.RequestsPerMinute,
            TokensPerDay = rule.TokensPerDay,
            TtlSeconds = rule.TtlSeconds,
            MaxKeys = rule.MaxKeys,
            AllowedCidrs = rule.AllowedCidrs,
        };
}

/// <summary>The rules.</summary>
internal sealed record WorkloadRuleList(IReadOnlyList<WorkloadRule> Rules);

// A class, because the ToString of a record would print the token.
internal sealed class TestedToken(string token)
{
    public string Token => token;
}
