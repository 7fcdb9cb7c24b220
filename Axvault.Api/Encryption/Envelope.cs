using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>
/// Seals and opens the data of a credential: AES-256-GCM (NIST SP 800-38D) under a fresh data encryption key (DEK), wrapped by the key encryption key (KEK).
/// </summary>
/// <remarks>
/// <code>
/// version 1 or 2 | KEK id 8 | wrapped DEK 40 | nonce 12 | ciphertext | tag 16
/// </code>
/// The first three fields are the header. With the row's id, the credential's name and its subject it is the associated data. A DEK encrypts once, so no limit
/// on nonces can be reached. docs/design/envelope.md has the format, its reasons and test vectors.
/// </remarks>
internal static class Envelope
{
    /// <summary>The version of the format of an unread answer, which has no subject.</summary>
    public const byte UnboundVersion = 1;

    /// <summary>The version of the format of a credential's data, which is bound to its subject.</summary>
    public const byte BoundVersion = 2;

    /// <summary>The length of the part that is unique to an envelope, in bytes. It is the header, which holds a fresh DEK, and the nonce.</summary>
    public const int MarkSize = HeaderSize + NonceSize;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = 1 + KekId.Size + KeyEncryptionKey.WrappedSize;
    private const int Overhead = HeaderSize + NonceSize + TagSize;

    /// <summary>Seals <paramref name="plaintext"/> under a fresh DEK and nonce.</summary>
    public static byte[] Seal(KeyRing ring, EnvelopeContext context, ReadOnlySpan<byte> plaintext)
    {
        Span<byte> dek = stackalloc byte[KeyEncryptionKey.Size];
        Span<byte> nonce = stackalloc byte[NonceSize];
        RandomNumberGenerator.Fill(dek);
        RandomNumberGenerator.Fill(nonce);
        try
        {
            return Seal(ring.Current, context, plaintext, dek, nonce);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dek);
        }
    }

    /// <summary>
    /// Returns why <paramref name="envelope"/> cannot be opened with <paramref name="ring"/>, as far as that shows without opening it: its format or its KEK is
    /// unknown. Returns <see langword="null"/> when neither is.
    /// </summary>
    public static EnvelopeFault? FindFault(KeyRing ring, ReadOnlySpan<byte> envelope)
    {
        return !IsOfKnownFormat(envelope) ? EnvelopeFault.UnknownFormat
            : !ring.TryFind(KekId.Read(envelope[1..]), out _) ? EnvelopeFault.UnknownKek
            : null;
    }

    /// <summary>Opens <paramref name="envelope"/>.</summary>
    /// <exception cref="EnvelopeException">The format or the KEK is unknown, or the envelope was not sealed for <paramref name="context"/>.</exception>
    public static byte[] Open(KeyRing ring, EnvelopeContext context, ReadOnlySpan<byte> envelope)
    {
        using var cipher = Unwrap(ring, envelope);
        return Decrypt(cipher, context, envelope);
    }

    /// <summary>
    /// Seals the data of <paramref name="envelope"/> again, with the current KEK and a fresh DEK and nonce. An envelope under the current KEK stays as it is.
    /// Rewrapping the DEK alone would break the envelope, because the header is bound to the ciphertext.
    /// </summary>
    /// <exception cref="EnvelopeException">The envelope does not open.</exception>
    public static byte[] Renew(KeyRing ring, EnvelopeContext context, byte[] envelope)
    {
        if (KekOf(envelope) == ring.Current.Id)
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

    /// <summary>Returns the KEK of <paramref name="envelope"/>, or <see langword="null"/> when its format is unknown.</summary>
    public static KekId? KekOf(ReadOnlySpan<byte> envelope) => IsOfKnownFormat(envelope) ? KekId.Read(envelope[1..]) : null;

    private static bool IsOfKnownFormat(ReadOnlySpan<byte> envelope) =>
        envelope.Length >= Overhead && (envelope[0] is UnboundVersion or BoundVersion);

    private static byte VersionOf(EnvelopeContext context) => context.Subject is null ? UnboundVersion : BoundVersion;

    /// <summary>Unwraps the DEK of <paramref name="envelope"/>, for opening it more than once.</summary>
    /// <exception cref="EnvelopeException">The format or the KEK is unknown, or the wrapped DEK was changed.</exception>
    public static EnvelopeOpener MakeOpener(KeyRing ring, EnvelopeContext context, byte[] envelope) => new(Unwrap(ring, envelope), context, envelope);

    /// <summary>Opens <paramref name="envelope"/> with the DEK that <see cref="Unwrap"/> returned.</summary>
    /// <exception cref="EnvelopeException">The envelope was not sealed for <paramref name="context"/>.</exception>
    internal static byte[] Decrypt(AesGcm cipher, EnvelopeContext context, ReadOnlySpan<byte> envelope)
    {
        if (envelope[0] != VersionOf(context))
        {
            throw new EnvelopeException(EnvelopeFault.UnknownFormat);
        }

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
        if (!IsOfKnownFormat(envelope))
        {
            throw new EnvelopeException(EnvelopeFault.UnknownFormat);
        }

        if (!ring.TryFind(KekId.Read(envelope[1..]), out var kek))
        {
            throw new EnvelopeException(EnvelopeFault.UnknownKek);
        }

        Span<byte> dek = stackalloc byte[KeyEncryptionKey.Size];
        try
        {
            kek.Unwrap(envelope.Slice(1 + KekId.Size, KeyEncryptionKey.WrappedSize), dek);
            return new AesGcm(dek, TagSize);
        }
        catch (CryptographicException exception)
        {
            throw new EnvelopeException(EnvelopeFault.NotAuthentic, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dek);
        }
    }

    /// <summary>Seals with a given DEK and nonce, for the known-answer tests, which repeat both.</summary>
    internal static byte[] Seal(
        KeyEncryptionKey kek,
        EnvelopeContext context,
        ReadOnlySpan<byte> plaintext,
        ReadOnlySpan<byte> dek,
        ReadOnlySpan<byte> nonce
    )
    {
        var envelope = new byte[Overhead + plaintext.Length];
        var header = envelope.AsSpan(0, HeaderSize);
        header[0] = VersionOf(context);
        kek.Id.Write(header[1..]);
        kek.Wrap(dek, header[(1 + KekId.Size)..]);
        nonce.CopyTo(envelope.AsSpan(HeaderSize));
        using var cipher = new AesGcm(dek, TagSize);
        cipher.Encrypt(
            nonce,
            plaintext,
            envelope.AsSpan(HeaderSize + NonceSize, plaintext.Length),
            envelope.AsSpan(envelope.Length - TagSize),
            context.AssociatedData(header)
        );
        return envelope;
    }
}
