namespace Axvault.Api.Stored;

/// <summary>A credential in a list.</summary>
/// <param name="Metadata">The plain columns.</param>
/// <param name="VersionId">The id of the current version.</param>
/// <param name="Revision">The revision of the version.</param>
/// <param name="ReadAt">The time of the read, by the database's clock.</param>
/// <param name="IsExpiryNoted"><see langword="true"/> when the expiry of this version's access token has been noted; otherwise <see langword="false"/>.</param>
/// <param name="NotedExpiry">The noted expiry.</param>
/// <param name="Place">The place in the list.</param>
internal sealed record ListedCredential(
    CredentialMetadata Metadata,
    Guid VersionId,
    long Revision,
    DateTimeOffset ReadAt,
    bool IsExpiryNoted,
    DateTimeOffset? NotedExpiry,
    ListPlace Place
)
{
    /// <summary>The expiry of the access token: as the owner says, else as it was noted.</summary>
    public required DateTimeOffset? Expiry { get; init; }

    /// <summary>
    /// <see langword="true"/> when a refresh is alive, as the fleet has stored it; otherwise <see langword="false"/>. Every other credential ends at its
    /// expiry.
    /// </summary>
    public required bool IsRenewable { get; init; }
}
