using Axvault.Client;

namespace Axvault.Api.WebConsole.Keys;

/// <summary>The rights and limits of a key, or of the keys of a rule.</summary>
/// <param name="Read">The names that it may read.</param>
/// <param name="Write">The names that it may write.</param>
/// <param name="Use">The names that it may use through the broker.</param>
/// <param name="Grant">The entries that it may grant.</param>
/// <param name="Cidrs">The networks that it works from; empty for all.</param>
/// <param name="RequestsPerMinute">The limit on calls through the broker.</param>
/// <param name="TokensPerDay">The limit on tokens through the broker.</param>
internal sealed record Rights(
    IReadOnlyList<string> Read,
    IReadOnlyList<string> Write,
    IReadOnlyList<string> Use,
    IReadOnlyList<string> Grant,
    IReadOnlyList<string> Cidrs,
    int? RequestsPerMinute,
    long? TokensPerDay
)
{
    /// <summary>Returns the rights of a key.</summary>
    public static Rights Of(ApiKey key) =>
        new(key.ReadAccess, key.WriteAccess, key.UseAccess, key.GrantAccess, key.AllowedCidrs, key.RequestsPerMinute, key.TokensPerDay);

    /// <summary>Returns the rights of the keys of a rule.</summary>
    public static Rights Of(WorkloadRuleSettings rule) =>
        new(
            rule.ReadAccess,
            rule.WriteAccess,
            rule.UseAccess,
            rule.GrantAccess,
            rule.AllowedCidrs ?? [],
            rule.RequestsPerMinute,
            rule.TokensPerDay
        );
}
