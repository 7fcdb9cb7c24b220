using Axvault.Api.Confirmation;

namespace Axvault.Api.Keys;

/// <summary>A key with the hash of its secret, for authentication alone. A class, so that no record's ToString prints the hash.</summary>
internal sealed class StoredKey(ApiKey key, byte[] secretHash, uint writtenBy)
{
    /// <summary>The key.</summary>
    public ApiKey Key { get; } = key;

    /// <summary>The SHA-256 of the secret.</summary>
    public byte[] SecretHash { get; } = secretHash;

    /// <summary>What the row was read as.</summary>
    public KeyMark Mark { get; } = new(key.Id, writtenBy);
}
