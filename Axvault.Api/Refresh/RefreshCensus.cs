namespace Axvault.Api.Refresh;

/// <summary>The number of refreshable credentials in a vault.</summary>
/// <param name="ByStatus">The number for each status; <see cref="RefreshTelemetry.NoStatus"/> stands for those never refreshed.</param>
/// <param name="NextExpiry">The time until the next access token that can be refreshed expires; negative when one has expired.</param>
internal sealed record RefreshCensus(IReadOnlyDictionary<string, long> ByStatus, TimeSpan? NextExpiry);
