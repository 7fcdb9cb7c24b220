using Axvault.Api.Authorization;

namespace Axvault.Api.Stored;

/// <summary>A new version of a credential, to be stored.</summary>
/// <param name="VersionId">The id of the version, which the envelope is bound to.</param>
/// <param name="Name">The credential's name.</param>
/// <param name="Attributes">The attributes set by the owner.</param>
/// <param name="Envelope">The sealed data.</param>
/// <param name="TokenExpiresAt">The time at which the access token expires, if known.</param>
/// <param name="RefreshToken">The mark of the refresh token; <see langword="null"/> when there is none that can be sent.</param>
/// <param name="IsForced">
/// <see langword="true"/> to store also a refresh token that is spent, or held by another credential; otherwise <see langword="false"/>.
/// </param>
internal sealed record CredentialPut(
    Guid VersionId,
    CredentialName Name,
    CredentialAttributes Attributes,
    byte[] Envelope,
    DateTimeOffset? TokenExpiresAt,
    RefreshTokenMark? RefreshToken = null,
    bool IsForced = false
)
{
    /// <summary>The revision of a new version.</summary>
    public const long Revision = 1;
}

/// <summary>A version that was put.</summary>
/// <param name="CreatedAt">The time of the credential's first put.</param>
/// <param name="Tag">The version, as an entity tag.</param>
internal sealed record PutVersion(DateTimeOffset CreatedAt, CredentialTag Tag);
