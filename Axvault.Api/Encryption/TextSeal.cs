using System.Buffers.Text;
using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>Seals what a client carries from one call to the next, and must not read: AES-256-GCM (NIST SP 800-38D) under a key of the ring.</summary>
/// <remarks>
/// <code>purpose 1 | KEK id 8 | nonce 12 | encrypted content | tag 16</code>
/// The text is base64url. The purpose, the KEK id and what the text is bound to are authenticated. Every replica opens it.
/// </remarks>
internal sealed class TextSeal(Vault vault)
{
    private const int HeadSize = 1 + KekId.Size;
    private const int ContentStart = HeadSize + 12;
    private const int TagSize = 16;

    /// <summary>Returns the text.</summary>
    /// <param name="purpose">The purpose, so that a text for one is none for another.</param>
    /// <param name="bound">The thing that the text belongs to. It is not in the text, and needed to open it.</param>
    /// <param name="plain">The content.</param>
    public string Seal(SealPurpose purpose, ReadOnlySpan<byte> bound, ReadOnlySpan<byte> plain)
    {
        var key = vault.Keys.Current;
        Span<byte> bytes = new byte[ContentStart + plain.Length + TagSize];
        bytes[0] = (byte)purpose;
        key.Id.Write(bytes[1..]);
        RandomNumberGenerator.Fill(bytes[HeadSize..ContentStart]);
        using var aes = new AesGcm(key.SessionKey, TagSize);
        aes.Encrypt(bytes[HeadSize..ContentStart], plain, bytes[ContentStart..^TagSize], bytes[^TagSize..], [.. bytes[..HeadSize], .. bound]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Returns the content; <see langword="null"/> when no server of this vault sealed the text for this purpose and this thing.</summary>
    /// <param name="purpose">The purpose.</param>
    /// <param name="bound">The thing that the text belongs to.</param>
    /// <param name="text">The text.</param>
    public byte[]? Open(SealPurpose purpose, ReadOnlySpan<byte> bound, string text)
    {
        if (!Base64Url.IsValid(text, out var length) || length <= ContentStart + TagSize)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = Base64Url.DecodeFromChars(text);
        if (bytes[0] != (byte)purpose || !vault.Keys.TryFind(KekId.Read(bytes[1..]), out var key))
        {
            return null;
        }

        var plain = new byte[bytes.Length - ContentStart - TagSize];
        using var aes = new AesGcm(key.SessionKey, TagSize);
        try
        {
            aes.Decrypt(bytes[HeadSize..ContentStart], bytes[ContentStart..^TagSize], bytes[^TagSize..], plain, [.. bytes[..HeadSize], .. bound]);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
