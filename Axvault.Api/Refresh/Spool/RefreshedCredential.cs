using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Refresh.Spool;

/// <summary>A credential with new tokens, sealed for its row: to be stored now, or later from the spool.</summary>
/// <param name="VersionId">The refreshed version.</param>
/// <param name="Name">Its name.</param>
/// <param name="Revision">The refreshed revision. Only this revision is replaced.</param>
/// <param name="Envelope">The data, sealed.</param>
/// <param name="IssuedAt">The time of the request, by the database's clock.</param>
/// <param name="ExpiresAt">The expiry of the access token.</param>
/// <param name="Lifetime">The whole lifetime of the access token; <see langword="null"/> when it had expired before it arrived.</param>
/// <param name="RefreshTokenHashes">The keyed hashes of the refresh token in the data.</param>
internal sealed record RefreshedCredential(
    Guid VersionId,
    CredentialName Name,
    long Revision,
    byte[] Envelope,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    TimeSpan? Lifetime,
    byte[][]? RefreshTokenHashes = null
)
{
    /// <summary>The subject of the data, with its new expiry and the next revision; <see langword="null"/> for an unread answer.</summary>
    public EnvelopeSubject? Subject { get; init; }

    /// <summary><see langword="true"/> when the envelope holds an unread answer of a provider, and not new data; otherwise <see langword="false"/>.</summary>
    public bool IsUnreadAnswer => Subject is null;

    /// <summary>The place of the envelope.</summary>
    public EnvelopeContext Context => new(VersionId, Name) { Subject = Subject };
}
