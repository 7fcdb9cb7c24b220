using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>The right of one server to refresh one credential version. It is written in the credential's row before the refresh token is sent.</summary>
/// <param name="Id">The claim's own id.</param>
/// <param name="VersionId">The version to refresh.</param>
/// <param name="Revision">The revision to refresh. A newer revision voids the claim.</param>
/// <param name="ClaimedAt">The time of the claim, by the database's clock.</param>
/// <param name="Token">The mark of the refresh token, which the claim marks as spent.</param>
internal sealed record RefreshClaim(Guid Id, Guid VersionId, long Revision, DateTimeOffset ClaimedAt, RefreshTokenMark Token);
