using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>A key encryption key (KEK): it wraps DEKs with AES-256 Key Wrap with Padding (RFC 5649, NIST SP 800-38F). Thread-safe; never printed.</summary>
/// <remarks>Key wrap is deterministic and takes no nonce, so one KEK may wrap any number of DEKs.</remarks>
internal sealed class KeyEncryptionKey
{
    /// <summary>The length of a KEK and of a DEK, in bytes.</summary>
    public const int Size = 32;

    /// <summary>The length of a wrapped DEK, in bytes.</summary>
    public const int WrappedSize = 40;

    private const int CheckSize = 32;

    private readonly byte[] _key;

    // Each value has a label of its own (HKDF-Expand, RFC 5869 §2.3).
    private KeyEncryptionKey(ReadOnlySpan<byte> master)
    {
        _key = Expand(master, Size, "axvault/kek/1"u8);
        CheckValue = Expand(master, CheckSize, "axvault/kek-check/2"u8);
        Id = KekId.Read(Expand(master, KekId.Size, "axvault/kek-id/1"u8));
        ChainKey = Expand(master, Size, "axvault/audit/1"u8);
        SpoolKey = Expand(master, Size, "axvault/spool/1"u8);
        RowKey = Expand(master, Size, "axvault/row/1"u8);
        SessionKey = Expand(master, Size, "axvault/session/1"u8);
    }

    /// <summary>The id of the KEK, stored with each row under it.</summary>
    public KekId Id { get; }

    /// <summary>The check value, 32 bytes. A start compares it with the stored one, to detect another KEK.</summary>
    public byte[] CheckValue { get; }

    /// <summary>The chain key, 32 bytes: it makes the MACs of the audit chain. It opens no credential, and does not reveal the KEK.</summary>
    public byte[] ChainKey { get; }

    /// <summary>The key of the MACs in files of the spool, 32 bytes.</summary>
    public byte[] SpoolKey { get; }

    /// <summary>The key of the MACs of rows (<see cref="RowMac"/>), 32 bytes.</summary>
    public byte[] RowKey { get; }

    /// <summary>The key that seals texts for clients (<see cref="TextSeal"/>), 32 bytes.</summary>
    public byte[] SessionKey { get; }

    /// <summary>Derives the KEK and its other values from the master key.</summary>
    public static KeyEncryptionKey FromMaster(ReadOnlySpan<byte> master) => new(master);

    /// <summary>Wraps <paramref name="dek"/> (32 bytes) into <paramref name="destination"/> (<see cref="WrappedSize"/> bytes).</summary>
    public void Wrap(ReadOnlySpan<byte> dek, Span<byte> destination)
    {
        using var aes = CreateAes();
        aes.EncryptKeyWrapPadded(dek, destination);
    }

    /// <summary>Unwraps <paramref name="wrapped"/> into <paramref name="dek"/> (32 bytes).</summary>
    /// <exception cref="CryptographicException">The wrapped key is under another KEK, or was changed.</exception>
    public void Unwrap(ReadOnlySpan<byte> wrapped, Span<byte> dek)
    {
        using var aes = CreateAes();
        if (aes.DecryptKeyWrapPadded(wrapped, dek) != Size)
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
