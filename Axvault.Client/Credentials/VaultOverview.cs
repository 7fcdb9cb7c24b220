namespace Axvault.Client;

/// <summary>The credentials that the key may read, in numbers.</summary>
/// <param name="Credentials">The number of credentials.</param>
/// <param name="DueWithinDay">The number that expire within 24 hours, and that the vault does not renew.</param>
/// <param name="Expired">The number that have expired, and that the vault does not renew.</param>
/// <param name="Attention">The number whose status is <c>failed</c>, <c>misconfigured</c>, <c>unknown</c> or <c>retrying</c>.</param>
/// <param name="ByStatus">The number for each status, as stored; <c>none</c> for never refreshed. A status without any is left out.</param>
/// <param name="ByType">The number for each type. A type without any is left out.</param>
/// <param name="Expiries">The expiries of the next seven days by hour, in their order. An hour without any is left out.</param>
/// <example><code>var failed = overview.ByStatus.GetValueOrDefault("failed");</code></example>
public sealed record VaultOverview(
    long Credentials,
    long DueWithinDay,
    long Expired,
    long Attention,
    IReadOnlyDictionary<string, long> ByStatus,
    IReadOnlyDictionary<string, long> ByType,
    IReadOnlyList<ExpiryHour> Expiries
);

/// <summary>The access tokens that expire in one hour.</summary>
/// <param name="Start">The start of the hour (UTC).</param>
/// <param name="Refreshed">The number that the vault renews by itself.</param>
/// <param name="Ending">The number that end unless someone acts.</param>
/// <example><code>var next = overview.Expiries.FirstOrDefault(hour => hour.Ending > 0)?.Start;</code></example>
public sealed record ExpiryHour(DateTimeOffset Start, long Refreshed, long Ending);
