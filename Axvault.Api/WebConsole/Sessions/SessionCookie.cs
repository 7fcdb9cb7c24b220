namespace Axvault.Api.WebConsole.Sessions;

/// <summary>The cookie of a session. Scripts cannot read it, and no other site can make the browser send it.</summary>
internal sealed class SessionCookie(SessionSeal seal, TimeProvider time)
{
    // A browser takes a name with this prefix only with Secure, for this host alone (RFC 6265bis §4.1.3.2).
    private const string SecureName = "__Host-axvault";
    private const string PlainName = "axvault-session";

    /// <summary>Returns the session of a request; <see langword="null"/> when there is none, or it has ended.</summary>
    public ConsoleSession? Read(HttpContext context)
    {
        // Over TLS the plain name is not believed: someone on the way could have set it on an answer of the same host without TLS.
        var text = context.Request.Cookies[SecureName] ?? (context.Request.IsHttps ? null : context.Request.Cookies[PlainName]);
        return text is not null && seal.Open(text) is { } session && !session.HasEnded(time.GetUtcNow()) ? session : null;
    }

    /// <summary>Gives the browser a session.</summary>
    public void Write(HttpContext context, ConsoleSession session) => Write(context, session, IsOverTls(context));

    /// <summary>Gives the browser a session.</summary>
    /// <param name="context">The request.</param>
    /// <param name="session">The session.</param>
    /// <param name="secure"><see langword="true"/> when the browser sees the console over TLS; otherwise <see langword="false"/>.</param>
    public void Write(HttpContext context, ConsoleSession session, bool secure) =>
        context.Response.Cookies.Append(secure ? SecureName : PlainName, seal.Seal(session), Options(secure));

    /// <summary>Takes the session from the browser.</summary>
    public static void Delete(HttpContext context)
    {
        context.Response.Cookies.Delete(SecureName, Options(secure: true));
        context.Response.Cookies.Delete(PlainName, Options(secure: false));
    }

    // Behind a proxy that ends TLS the request is plain. The browser says in Origin what it sees itself.
    private static bool IsOverTls(HttpContext context) =>
        context.Request.IsHttps || context.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static CookieOptions Options(bool secure) =>
        new()
        {
            HttpOnly = true,
            Secure = secure,
            SameSite = SameSiteMode.Strict,
            Path = "/",
            MaxAge = ConsoleSession.Lifetime,
            IsEssential = true,
        };
}
