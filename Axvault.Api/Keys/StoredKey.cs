using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Keys;

/// <summary>
/// The row of a key: the key with the hashes of its secrets, or the reason why the row is not believed. A class, because the ToString of a record would print
/// the hashes.
/// </summary>
internal sealed class StoredKey(KeyId id, RowFit fit, ApiKey? key, byte[] secretHash, byte[]? previousSecretHash, uint writtenBy)
{
    /// <summary>The id of the key.</summary>
    public KeyId Id { get; } = id;

    /// <summary>The comparison of the row with its seal.</summary>
    public RowFit Fit { get; } = fit;

    /// <summary>The key; <see langword="null"/> when the row does not fit its seal.</summary>
    public ApiKey? Key { get; } = key;

    /// <summary><see langword="true"/> when a server wrote the row as it is; otherwise <see langword="false"/>.</summary>
    [MemberNotNullWhen(true, nameof(Key))]
    public bool IsBelieved => Key is not null;

    /// <summary>The SHA-256 of the secret.</summary>
    public byte[] SecretHash { get; } = secretHash;

    /// <summary>The SHA-256 of the previous secret; <see langword="null"/> when there is none.</summary>
    public byte[]? PreviousSecretHash { get; } = previousSecretHash;

    /// <summary>The hashes in Base64, for a look-up of many keys.</summary>
    public IEnumerable<string> HashTexts => new[] { SecretHash, PreviousSecretHash }.OfType<byte[]>().Select(Convert.ToBase64String);

    /// <summary>Returns the hashes of the row after a change, which may give the key a new secret.</summary>
    public (byte[] Present, byte[]? Previous) HashesAfter(byte[]? newSecretHash) =>
        newSecretHash is null ? (SecretHash, PreviousSecretHash) : (newSecretHash, SecretHash);

    /// <summary>The row as it was read.</summary>
    public KeyMark Mark { get; } = new(id, writtenBy);
}
