using System.Text.Json;
using Axvault.Api.WebConsole.Sessions;

namespace Axvault.Api.WebConsole.Oidc;

/// <summary>The cookie of a sign-in that is under way. The browser sends it when the provider leads back, and it is worth one answer.</summary>
internal sealed class OidcCookie(SessionSeal seal, TimeProvider time)
{
    // A browser takes a name with this prefix only with Secure, for this host alone (RFC 6265bis §4.1.3.2).
    private const string SecureName = "__Host-axvault-oidc";
    private const string PlainName = "axvault-oidc";

    /// <summary>Gives the browser an attempt, in place of an earlier one.</summary>
    public void Write(HttpContext context, OidcAttempt attempt)
    {
        var text = seal.SealAttempt(JsonSerializer.SerializeToUtf8Bytes(attempt, OidcJsonContext.Default.OidcAttempt));
        context.Response.Cookies.Append(attempt.IsOverTls ? SecureName : PlainName, text, Options(attempt.IsOverTls));
    }

    /// <summary>Takes the attempt from the browser; returns <see langword="null"/> when it has none, or one that has ended.</summary>
    public OidcAttempt? Take(HttpContext context)
    {
        // Over TLS the plain name is not believed, as with the cookie of a session.
        var text = context.Request.Cookies[SecureName] ?? (context.Request.IsHttps ? null : context.Request.Cookies[PlainName]);
        context.Response.Cookies.Delete(SecureName, Options(secure: true));
        context.Response.Cookies.Delete(PlainName, Options(secure: false));
        return
            text is not null
            && seal.OpenAttempt(text) is { } plain
            && JsonSerializer.Deserialize(plain, OidcJsonContext.Default.OidcAttempt) is { } attempt
            && !attempt.HasEnded(time.GetUtcNow())
            ? attempt
            : null;
    }

    // Lax: the provider is another site, and a browser sends a strict cookie on no way from there.
    private static CookieOptions Options(bool secure) =>
        new()
        {
            HttpOnly = true,
            Secure = secure,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            MaxAge = OidcAttempt.Lifetime,
            IsEssential = true,
        };
}
