using Axvault.Api.Confirmation;

namespace Axvault.Api.Keys;

/// <summary>A key with the hashes of its secrets, for authentication alone. A class, so that no record's ToString prints a hash.</summary>
internal sealed class StoredKey(ApiKey key, byte[] secretHash, byte[]? previousSecretHash, uint writtenBy)
{
    /// <summary>The key.</summary>
    public ApiKey Key { get; } = key;

    /// <summary>The SHA-256 of the secret.</summary>
    public byte[] SecretHash { get; } = secretHash;

    /// <summary>The SHA-256 of the secret before; <see langword="null"/> when there was none.</summary>
    public byte[]? PreviousSecretHash { get; } = previousSecretHash;

    /// <summary>What the row was read as.</summary>
    public KeyMark Mark { get; } = new(key.Id, writtenBy);
}
