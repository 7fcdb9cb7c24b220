namespace Axvault.Api.Credentials;

/// <summary>A stored credential with its data decrypted. A class, so that no record's ToString prints the data.</summary>
internal sealed class OpenedCredential(StoredCredential stored, CredentialData data)
{
    /// <summary>The row.</summary>
    public StoredCredential Stored { get; } = stored;

    /// <summary>The data.</summary>
    public CredentialData Data { get; } = data;
}
