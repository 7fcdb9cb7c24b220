using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>A key with the hashes of its secrets, for authentication alone. A class, because the ToString of a record would print the hashes.</summary>
internal sealed class StoredKey(ApiKey key, byte[] secretHash, byte[]? previousSecretHash, uint writtenBy)
{
    /// <summary>The key.</summary>
    public ApiKey Key { get; } = key;

    /// <summary>The SHA-256 of the secret.</summary>
    public byte[] SecretHash { get; } = secretHash;

    /// <summary>The SHA-256 of the previous secret; <see langword="null"/> when there is none.</summary>
    public byte[]? PreviousSecretHash { get; } = previousSecretHash;

    /// <summary>The row as it was read.</summary>
    public KeyMark Mark { get; } = new(key.Id, writtenBy);
}
