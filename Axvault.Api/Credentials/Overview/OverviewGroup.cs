namespace Axvault.Api.Credentials.Overview;

/// <summary>A number of credentials that are alike.</summary>
/// <param name="Type">The type.</param>
/// <param name="Status">The status of the refresh, as stored.</param>
/// <param name="IsRenewed"><see langword="true"/> when the vault renews them; otherwise <see langword="false"/>.</param>
/// <param name="IsExpired"><see langword="true"/> when their access tokens have expired; otherwise <see langword="false"/>.</param>
/// <param name="IsSoon"><see langword="true"/> when their access tokens expire within a day; otherwise <see langword="false"/>.</param>
/// <param name="Hour">The start of the hour in which their access tokens expire, within seven days.</param>
/// <param name="Count">The number.</param>
internal sealed record OverviewGroup(string Type, string Status, bool IsRenewed, bool IsExpired, bool IsSoon, DateTimeOffset? Hour, long Count);
