namespace Axvault.Api.Stored;

/// <summary>A stored credential with its decrypted data. A class, because the ToString of a record would print the data.</summary>
internal sealed class OpenedCredential(StoredCredential stored, CredentialData data)
{
    /// <summary>The row.</summary>
    public StoredCredential Stored { get; } = stored;

    /// <summary>The data.</summary>
    public CredentialData Data { get; } = data;
}
