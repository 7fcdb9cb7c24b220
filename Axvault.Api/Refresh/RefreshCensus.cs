namespace Axvault.Api.Refresh;

/// <summary>The refreshable credentials of a vault, counted.</summary>
/// <param name="ByStatus">How many have each status; <see cref="RefreshTelemetry.NoStatus"/> where nothing was tried.</param>
/// <param name="NextExpiry">How long until the next access token expires, of those that can still be refreshed; negative when one has expired.</param>
internal sealed record RefreshCensus(IReadOnlyDictionary<string, long> ByStatus, TimeSpan? NextExpiry);
