using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Axvault.Api.Encryption;

namespace Axvault.Api.WebConsole.Sessions;

/// <summary>Seals sessions for their cookies, and drafts of forms: AES-256-GCM (NIST SP 800-38D) under a key of the ring. Every replica opens them.</summary>
/// <remarks>
/// <code>format 1 | KEK id 8 | nonce 12 | encrypted content | tag 16</code>
/// The text is base64url. The format, the KEK id and a draft's session are authenticated.
/// </remarks>
internal sealed class SessionSeal(Vault vault)
{
    private const byte OfSession = 1;
    private const byte OfDraft = 2;
    private const int HeadSize = 1 + KekId.Size;
    private const int ContentStart = HeadSize + 12;
    private const int TagSize = 16;

    // A browser keeps 4096 bytes of a cookie. A longer text is none of ours, and is not decoded.
    private const int MaxCookieLength = 4096;

    /// <summary>Returns the text of the cookie.</summary>
    public string Seal(ConsoleSession session) =>
        Seal(OfSession, [], JsonSerializer.SerializeToUtf8Bytes(session, SessionJsonContext.Default.ConsoleSession));

    /// <summary>Returns the session; <see langword="null"/> when the text is not one that a server of this vault has sealed.</summary>
    public ConsoleSession? Open(string text) =>
        text.Length <= MaxCookieLength && Open(OfSession, [], text) is { } plain
            ? JsonSerializer.Deserialize(plain, SessionJsonContext.Default.ConsoleSession)
            : null;

    /// <summary>Seals what a page of <paramref name="session"/> carries to its next step, and what the browser must not read.</summary>
    public string SealDraft(ConsoleSession session, ReadOnlySpan<byte> draft) => Seal(OfDraft, Bound(session), draft);

    /// <summary>Opens a draft; <see langword="null"/> when it is none of <paramref name="session"/>.</summary>
    public byte[]? OpenDraft(ConsoleSession session, string text) => Open(OfDraft, Bound(session), text);

    private static byte[] Bound(ConsoleSession session) => Encoding.UTF8.GetBytes(session.FormToken);

    private string Seal(byte format, ReadOnlySpan<byte> bound, ReadOnlySpan<byte> plain)
    {
        var key = vault.Keys.Current;
        Span<byte> bytes = new byte[ContentStart + plain.Length + TagSize];
        bytes[0] = format;
        key.Id.Write(bytes[1..]);
        RandomNumberGenerator.Fill(bytes[HeadSize..ContentStart]);
        using var aes = new AesGcm(key.SessionKey, TagSize);
        aes.Encrypt(bytes[HeadSize..ContentStart], plain, bytes[ContentStart..^TagSize], bytes[^TagSize..], [.. bytes[..HeadSize], .. bound]);
        return Base64Url.EncodeToString(bytes);
    }

    private byte[]? Open(byte format, ReadOnlySpan<byte> bound, string text)
    {
        if (!Base64Url.IsValid(text, out var length) || length <= ContentStart + TagSize)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = Base64Url.DecodeFromChars(text);
        if (bytes[0] != format || !vault.Keys.TryFind(KekId.Read(bytes[1..]), out var key))
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
