namespace Axvault.Api.Credentials;

/// <summary>A credential as it is stored: its metadata, and its data in an envelope.</summary>
/// <param name="RowId">The row's id, which the envelope is bound to.</param>
/// <param name="Metadata">What is in plain columns.</param>
/// <param name="Envelope">The encrypted data.</param>
internal sealed record StoredCredential(Guid RowId, CredentialMetadata Metadata, byte[] Envelope);
