using Axvault.Api.Encryption;

namespace Axvault.Api.Stored;

/// <summary>A credential as stored: its metadata, and its data in an envelope.</summary>
/// <param name="VersionId">The id of the current version, which the envelope is bound to.</param>
/// <param name="Revision">The number of times that the version was written: by its put, and by each refresh.</param>
/// <param name="Metadata">The plain columns.</param>
/// <param name="Envelope">The encrypted data.</param>
/// <param name="RefreshSequence">The number of changes of its refresh state.</param>
/// <param name="ReadAt">The time of the read, by the database's clock.</param>
/// <param name="IsExpiryNoted"><see langword="true"/> when the expiry of this version's access token has been noted; otherwise <see langword="false"/>.</param>
/// <param name="NotedExpiry">The noted expiry; <see langword="null"/> when the token does not expire or cannot be refreshed.</param>
/// <param name="Mark">The rows as they were read.</param>
internal sealed record StoredCredential(
    Guid VersionId,
    long Revision,
    CredentialMetadata Metadata,
    byte[] Envelope,
    long RefreshSequence,
    DateTimeOffset ReadAt,
    bool IsExpiryNoted,
    DateTimeOffset? NotedExpiry,
    CredentialMark Mark
)
{
    /// <summary>The envelope with its unwrapped DEK, when the read cache keeps it.</summary>
    public EnvelopeOpener? Opener { get; init; }

    /// <summary>The place of the envelope.</summary>
    public EnvelopeContext Context => new(VersionId, Metadata.Name) { Subject = Metadata.Attributes.SubjectAt(Revision) };

    /// <summary>The refreshes of the present version.</summary>
    public RefreshState Refresh => Metadata.Refresh;

    /// <summary>The present version, as an entity tag.</summary>
    public CredentialTag Tag => new(VersionId, Revision, Metadata.UpdatedAt);
}
