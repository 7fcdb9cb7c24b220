using Axvault.Api.Confirmation;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials;

/// <summary>A credential as it is stored: its metadata, and its data in an envelope.</summary>
/// <param name="RowId">The row's id, which the envelope is bound to.</param>
/// <param name="Version">Counts what was put and refreshed.</param>
/// <param name="Metadata">What is in plain columns.</param>
/// <param name="Envelope">The encrypted data.</param>
/// <param name="RefreshSequence">Counts what happened to its refreshes.</param>
/// <param name="ReadAt">When it was read, by the database's clock.</param>
/// <param name="IsExpiryNoted">Whether somebody has read in this version's data when its access token expires.</param>
/// <param name="NotedExpiry">When it does; <see langword="null"/> when it does not, or cannot be refreshed.</param>
/// <param name="WrittenBy">The transaction that wrote the row.</param>
internal sealed record StoredCredential(
    Guid RowId, long Version, CredentialMetadata Metadata, byte[] Envelope, long RefreshSequence, DateTimeOffset ReadAt, bool IsExpiryNoted, DateTimeOffset? NotedExpiry, uint WrittenBy)
{
    /// <summary>The envelope with its data key, when it is kept in memory.</summary>
    public EnvelopeOpener? Opener { get; init; }

    /// <summary>What the fleet remembers of its refreshes.</summary>
    public RefreshState Refresh => Metadata.Refresh;

    /// <summary>Which state of the credential it is.</summary>
    public CredentialTag Tag => new(RowId, Version, Metadata.UpdatedAt);

    /// <summary>What the row was read as.</summary>
    public CredentialMark Mark => new(RowId, WrittenBy);
}
