using Axvault.Api.Authorization;

namespace Axvault.Api.Refresh.Spool;

/// <summary>A credential with its new tokens, sealed for its row: what is to be stored, now or, from the spool, later.</summary>
/// <param name="RowId">The credential's row.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that was refreshed, and that alone is replaced.</param>
/// <param name="Envelope">The data, sealed.</param>
/// <param name="IssuedAt">When the tokens were asked for, by the database's clock.</param>
/// <param name="ExpiresAt">When the access token expires.</param>
/// <param name="Lifetime">How long it lives as a whole; <see langword="null"/> when it had expired before it came.</param>
internal sealed record RefreshedCredential(
    Guid RowId, CredentialName Name, long Version, byte[] Envelope, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, TimeSpan? Lifetime);
