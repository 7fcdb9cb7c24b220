using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>A key that wraps data keys, with AES-256 Key Wrap with Padding (RFC 5649, NIST SP 800-38F). Thread-safe; never printed.</summary>
/// <remarks>Key wrap is deterministic and takes no nonce, so one key may wrap any number of data keys.</remarks>
internal sealed class KeyEncryptionKey
{
    /// <summary>The length of a key, in bytes.</summary>
    public const int Size = 32;

    /// <summary>The length of a wrapped data key of 32 bytes, in bytes.</summary>
    public const int WrappedSize = 40;

    private readonly byte[] _key;

    private KeyEncryptionKey(byte[] key, KekId id, byte[] checkValue, byte[] auditKey) => (_key, Id, CheckValue, AuditKey) = (key, id, checkValue, auditKey);

    /// <summary>The key's name, stored with each row that the key opens.</summary>
    public KekId Id { get; }

    /// <summary>32 bytes derived from the key, stored so that a start can tell whether it has the same key.</summary>
    public byte[] CheckValue { get; }

    /// <summary>The key of the audit chain's hashes, of 32 bytes. It opens no credential, and this key cannot be found from it.</summary>
    public byte[] AuditKey { get; }

    /// <summary>Makes the key and what else is derived of <paramref name="master"/>, independent of one another (HKDF-Expand, RFC 5869 §2.3).</summary>
    public static KeyEncryptionKey FromMaster(ReadOnlySpan<byte> master)
    {
        var key = Expand(master, Size, "axvault/kek/1"u8);
        return new KeyEncryptionKey(key, KekId.Read(Expand(master, KekId.Size, "axvault/kek-id/1"u8)), Expand(master, 32, "axvault/kek-check/1"u8), Expand(master, Size, "axvault/audit/1"u8));
    }

    /// <summary>Wraps <paramref name="dataKey"/> (32 bytes) into <paramref name="destination"/> (<see cref="WrappedSize"/> bytes).</summary>
    public void Wrap(ReadOnlySpan<byte> dataKey, Span<byte> destination)
    {
        using var aes = CreateAes();
        aes.EncryptKeyWrapPadded(dataKey, destination);
    }

    /// <summary>Unwraps <paramref name="wrapped"/> into <paramref name="dataKey"/> (32 bytes).</summary>
    /// <exception cref="CryptographicException">It was not wrapped by this key, or was changed.</exception>
    public void Unwrap(ReadOnlySpan<byte> wrapped, Span<byte> dataKey)
    {
        using var aes = CreateAes();
        if (aes.DecryptKeyWrapPadded(wrapped, dataKey) != Size)
        {
            throw new CryptographicException("The wrapped key has the wrong length.");
        }
    }

    /// <inheritdoc />
    public override string ToString() => Id.ToString();

    private Aes CreateAes()
    {
        var aes = Aes.Create();
        aes.SetKey(_key);
        return aes;
    }

    private static byte[] Expand(ReadOnlySpan<byte> master, int length, ReadOnlySpan<byte> purpose)
    {
        var output = new byte[length];
        HKDF.Expand(HashAlgorithmName.SHA256, master, output, purpose);
        return output;
    }
}
