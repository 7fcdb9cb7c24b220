using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>
/// Seals the data of a credential, and opens it: AES-256-GCM (NIST SP 800-38D) under a fresh data key, which the key-encryption key wraps.
/// </summary>
/// <remarks>
/// <code>
/// version 1 | KEK id 8 | wrapped data key 40 | nonce 12 | ciphertext | tag 16
/// </code>
/// The first three are the header, bound with the row's id and the credential's name as associated data. A data key encrypts once, so no
/// limit on nonces can be reached. docs/design/envelope.md has the format, its reasons and test vectors.
/// </remarks>
internal static class Envelope
{
    /// <summary>The version of the format that <see cref="Seal(KeyRing, EnvelopeContext, ReadOnlySpan{byte})"/> writes.</summary>
    public const byte Version = 1;

    /// <summary>The length, in bytes, of what begins an envelope and is in no other: the header, with a data key of its own, and the nonce.</summary>
    public const int MarkSize = HeaderSize + NonceSize;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = 1 + KekId.Size + KeyEncryptionKey.WrappedSize;
    private const int Overhead = HeaderSize + NonceSize + TagSize;

    /// <summary>Seals <paramref name="plaintext"/> under a fresh data key and nonce.</summary>
    public static byte[] Seal(KeyRing ring, EnvelopeContext context, ReadOnlySpan<byte> plaintext)
    {
        ArgumentNullException.ThrowIfNull(ring);

        Span<byte> dataKey = stackalloc byte[KeyEncryptionKey.Size];
        Span<byte> nonce = stackalloc byte[NonceSize];
        RandomNumberGenerator.Fill(dataKey);
        RandomNumberGenerator.Fill(nonce);
        try
        {
            return Seal(ring.Current, context, plaintext, dataKey, nonce);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    /// <summary>
    /// Why <paramref name="envelope"/> cannot be opened with <paramref name="ring"/>, as far as that shows without opening it: its format is not
    /// known, or its key is not there.
    /// </summary>
    public static EnvelopeFault? FindFault(KeyRing ring, ReadOnlySpan<byte> envelope)
    {
        ArgumentNullException.ThrowIfNull(ring);

        return envelope.Length < Overhead || envelope[0] != Version ? EnvelopeFault.UnknownFormat
            : !ring.TryFind(KekId.Read(envelope[1..]), out _) ? EnvelopeFault.UnknownKey
            : null;
    }

    /// <summary>Opens <paramref name="envelope"/>.</summary>
    /// <exception cref="EnvelopeException">It is of an unknown format, under a key that the ring has not, or is not what was sealed for <paramref name="context"/>.</exception>
    public static byte[] Open(KeyRing ring, EnvelopeContext context, ReadOnlySpan<byte> envelope)
    {
        using var cipher = Unwrap(ring, envelope);
        return Decrypt(cipher, context, envelope);
    }

    /// <summary>
    /// Seals what is in <paramref name="envelope"/> anew, under the current key, a fresh data key and nonce; one that is under the current key stays as it is. The header, and so the
    /// wrapped data key, is bound to the ciphertext: to wrap the data key anew alone would give an envelope that does not open.
    /// </summary>
    /// <exception cref="EnvelopeException">It does not open.</exception>
    public static byte[] Renew(KeyRing ring, EnvelopeContext context, byte[] envelope)
    {
        ArgumentNullException.ThrowIfNull(ring);
        ArgumentNullException.ThrowIfNull(envelope);

        if (KeyOf(envelope) == ring.Current.Id)
        {
            return envelope;
        }

        var plaintext = Open(ring, context, envelope);
        try
        {
            return Seal(ring, context, plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>The key that <paramref name="envelope"/> is under; <see langword="null"/> when its format is not known.</summary>
    public static KekId? KeyOf(ReadOnlySpan<byte> envelope) => envelope.Length < Overhead || envelope[0] != Version ? null : KekId.Read(envelope[1..]);

    /// <summary>Unwraps the data key of <paramref name="envelope"/>, which is to be opened more than once.</summary>
    /// <exception cref="EnvelopeException">It is of an unknown format, under a key that the ring has not, or its data key is not what was wrapped.</exception>
    public static EnvelopeOpener MakeOpener(KeyRing ring, EnvelopeContext context, byte[] envelope) => new(Unwrap(ring, envelope), context, envelope);

    /// <summary>Opens <paramref name="envelope"/>, which <see cref="Unwrap"/> has looked at, by its data key.</summary>
    /// <exception cref="EnvelopeException">It is not what was sealed for <paramref name="context"/>.</exception>
    internal static byte[] Decrypt(AesGcm cipher, EnvelopeContext context, ReadOnlySpan<byte> envelope)
    {
        var ciphertext = envelope[(HeaderSize + NonceSize)..^TagSize];
        var plaintext = new byte[ciphertext.Length];
        try
        {
            cipher.Decrypt(envelope.Slice(HeaderSize, NonceSize), ciphertext, envelope[^TagSize..], plaintext, context.AssociatedData(envelope[..HeaderSize]));
            return plaintext;
        }
        catch (CryptographicException exception)
        {
            throw new EnvelopeException(EnvelopeFault.NotAuthentic, exception);
        }
    }

    private static AesGcm Unwrap(KeyRing ring, ReadOnlySpan<byte> envelope)
    {
        ArgumentNullException.ThrowIfNull(ring);

        if (envelope.Length < Overhead || envelope[0] != Version)
        {
            throw new EnvelopeException(EnvelopeFault.UnknownFormat);
        }

        if (!ring.TryFind(KekId.Read(envelope[1..]), out var kek))
        {
            throw new EnvelopeException(EnvelopeFault.UnknownKey);
        }

        Span<byte> dataKey = stackalloc byte[KeyEncryptionKey.Size];
        try
        {
            kek.Unwrap(envelope.Slice(1 + KekId.Size, KeyEncryptionKey.WrappedSize), dataKey);
            return new AesGcm(dataKey, TagSize);
        }
        catch (CryptographicException exception)
        {
            throw new EnvelopeException(EnvelopeFault.NotAuthentic, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    /// <summary>Seals with a given data key and nonce: for the known-answer tests, which repeat both.</summary>
    internal static byte[] Seal(KeyEncryptionKey kek, EnvelopeContext context, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> dataKey, ReadOnlySpan<byte> nonce)
    {
        var envelope = new byte[Overhead + plaintext.Length];
        var header = envelope.AsSpan(0, HeaderSize);
        header[0] = Version;
        kek.Id.Write(header[1..]);
        kek.Wrap(dataKey, header[(1 + KekId.Size)..]);
        nonce.CopyTo(envelope.AsSpan(HeaderSize));
        using var cipher = new AesGcm(dataKey, TagSize);
        cipher.Encrypt(nonce, plaintext, envelope.AsSpan(HeaderSize + NonceSize, plaintext.Length), envelope.AsSpan(envelope.Length - TagSize), context.AssociatedData(header));
        return envelope;
    }
}
