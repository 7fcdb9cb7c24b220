using System.Text;
using System.Text.Json;
using Axvault.Api.Encryption;

namespace Axvault.Api.WebConsole.Sessions;

/// <summary>Seals sessions and sign-ins for their cookies, and drafts of forms and logins. Every replica opens them.</summary>
internal sealed class SessionSeal(TextSeal seal)
{
    // A browser keeps 4096 bytes of a cookie. A longer text is none of ours, and is not decoded.
    private const int MaxCookieLength = 4096;

    /// <summary>Returns the text of the cookie.</summary>
    public string Seal(ConsoleSession session) =>
        seal.Seal(SealPurpose.Session, [], JsonSerializer.SerializeToUtf8Bytes(session, SessionJsonContext.Default.ConsoleSession));

    /// <summary>Returns the session; <see langword="null"/> when the text is not one that a server of this vault has sealed.</summary>
    public ConsoleSession? Open(string text) =>
        text.Length <= MaxCookieLength && seal.Open(SealPurpose.Session, [], text) is { } plain
            ? JsonSerializer.Deserialize(plain, SessionJsonContext.Default.ConsoleSession)
            : null;

    /// <summary>Seals what a page of <paramref name="session"/> carries to its next step, and what the browser must not read.</summary>
    public string SealDraft(ConsoleSession session, ReadOnlySpan<byte> draft) => seal.Seal(SealPurpose.Draft, Bound(session), draft);

    /// <summary>Opens a draft; <see langword="null"/> when it is none of <paramref name="session"/>.</summary>
    public byte[]? OpenDraft(ConsoleSession session, string text) => seal.Open(SealPurpose.Draft, Bound(session), text);

    /// <summary>Seals a sign-in that is under way, for its cookie.</summary>
    public string SealAttempt(ReadOnlySpan<byte> attempt) => seal.Seal(SealPurpose.SignIn, [], attempt);

    /// <summary>Opens a sign-in that is under way; <see langword="null"/> when the text is not one that a server of this vault has sealed.</summary>
    public byte[]? OpenAttempt(string text) => text.Length <= MaxCookieLength ? seal.Open(SealPurpose.SignIn, [], text) : null;

    /// <summary>Seals a login that has begun, for the page of <paramref name="session"/>.</summary>
    public string SealLogin(ConsoleSession session, ReadOnlySpan<byte> login) => seal.Seal(SealPurpose.LoginDraft, Bound(session), login);

    /// <summary>Opens a login; <see langword="null"/> when it is none of <paramref name="session"/>.</summary>
    public byte[]? OpenLogin(ConsoleSession session, string text) => seal.Open(SealPurpose.LoginDraft, Bound(session), text);

    private static byte[] Bound(ConsoleSession session) => Encoding.UTF8.GetBytes(session.FormToken);
}
