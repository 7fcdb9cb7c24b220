namespace Axvault.Api.Refresh;

/// <summary>The right of one server to refresh one version of a credential, written in its row before the refresh token is used.</summary>
/// <param name="Id">The claim's own id.</param>
/// <param name="RowId">The credential's row.</param>
/// <param name="Version">The version that is refreshed; whoever writes another one makes what comes of this claim void.</param>
/// <param name="ClaimedAt">When it was written, by the database's clock.</param>
internal sealed record RefreshClaim(Guid Id, Guid RowId, long Version, DateTimeOffset ClaimedAt);
