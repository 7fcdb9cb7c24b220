using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Axvault.Api.Federation.Exchange;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Keys;
using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Client;
using Axvault.Client.Transport;

namespace Axvault.Api.WebConsole.Oidc;

/// <summary>
/// Signs people in at an OpenID provider. The provider's token is exchanged by a rule of workload identity, as the API does it. The rule decides who gets a
/// key, and the session ends with that key.
/// </summary>
internal sealed class OidcSignIn(OidcProvider provider, OidcCookie attempts, OidcRefusals refusals, SessionCookie sessions, TimeProvider time)
{
    // A browser keeps 4096 bytes of a cookie, and a subject may have 1024 characters.
    private const int MaxNameLength = 128;
    private const string Again = "Go to the sign-in, and start again.";

    /// <summary>Begins a sign-in, and leads the browser to the provider.</summary>
    public async Task<IResult> StartAsync(HttpContext context, OidcOptions options)
    {
        try
        {
            var metadata = await provider.DiscoverAsync(options);
            var attempt = OidcAttempt.Begin(OriginOf(context.Request), SignInEndpoints.ReturnPathOf(context.Request.Form["to"]), time.GetUtcNow());
            attempts.Write(context, attempt);
            return Onward(context, $"Sign in at {options.Name}", OidcProvider.AuthorizationOf(options, metadata, attempt));
        }
        catch (KeySetException exception)
        {
            return await refusals.LimitAsync(context) ?? await NotReachedAsync(context, options, exception);
        }
    }

    /// <summary>Ends a sign-in with the answer of the provider.</summary>
    public async Task<IResult> EndAsync(HttpContext context, OidcOptions options)
    {
        if (await refusals.LimitAsync(context) is { } limited)
        {
            return limited;
        }

        var query = context.Request.Query;
        if (attempts.Take(context) is not { } attempt || !attempt.HasState(query["state"].ToString()))
        {
            return await refusals.GiveAsync(
                context,
                "no attempt of this browser",
                $"This browser has no such sign-in under way, or it took longer than {OidcAttempt.Lifetime.TotalMinutes:0} minutes. {Again}"
            );
        }

        try
        {
            var metadata = await provider.DiscoverAsync(options);
            if (query["iss"] is { Count: > 0 } issuer ? issuer != options.Issuer : metadata.NamesIssuer)
            {
                return await refusals.GiveAsync(context, "an answer of another issuer", $"The answer did not come from {options.Name}. {Again}");
            }

            if (query["code"] is not [{ Length: > 0 } code])
            {
                var error = OidcProvider.CodeOf(query["error"]) is { Length: > 0 } known ? known : "no reason";
                return await refusals.GiveAsync(context, $"no code, {error}", $"{options.Name} did not sign you in ({error}). {Again}");
            }

            var (token, fault) = await provider.RedeemAsync(options, metadata, attempt, code);
            fault ??= FaultOf(token!, options, attempt);
            return fault is null
                ? await ExchangeAsync(context, options, attempt, token!)
                : await refusals.GiveAsync(context, fault, $"{options.Name} did not confirm who you are. {Again} The audit log has the reason.");
        }
        catch (KeySetException exception)
        {
            return await NotReachedAsync(context, options, exception);
        }
    }

    // The checks for this browser and this client. The exchange makes all others, from the signature to the claims that the rule wants.
    private static string? FaultOf(string token, OidcOptions options, OidcAttempt attempt) =>
        !WorkloadToken.TryParse(token, out var read) ? "malformed token"
        : !read.Audiences.Contains(options.ClientId, StringComparer.Ordinal) ? "the token is for another client"
        : !read.Claims.TryGetProperty("nonce", out var nonce) || nonce.ValueKind != JsonValueKind.String || !attempt.HasNonce(nonce.GetString()!) ? "nonce"
        : null;

    private async Task<IResult> ExchangeAsync(HttpContext context, OidcOptions options, OidcAttempt attempt, string token)
    {
        using var http = ConsoleVisit.HttpOf(context, key: null);
        var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
                ["client_id"] = options.Rule,
                ["subject_token"] = token,
                ["subject_token_type"] = "urn:ietf:params:oauth:token-type:id_token",
            }
        );
        try
        {
            var request = ApiTransport.Request(HttpMethod.Post, "token", form);
            var issued = await new ApiTransport(http).SendAsync(request, ExchangeJsonContext.Default.TokenResponse, context.RequestAborted);
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issued.AccessToken);
            var key = await new AxvaultClient(http).Keys.ReadSelfAsync(context.RequestAborted);
            var secret = ApiKeySecret.TryParse(issued.AccessToken, out var parsed) ? parsed : throw new UnreachableException();
            var name = Chain.AuditEntry.Cut($"{key.Rule}: {key.Subject}", MaxNameLength)!;
            var session = ConsoleSession.Begin(secret.Hash(), key.Id, name, time.GetUtcNow()) with { OwnsKey = true };
            sessions.Write(context, session, attempt.IsOverTls);

            // The browser came from another site, and sends a strict cookie only with the next request of a page of this one.
            return Onward(context, "Signed in", attempt.ReturnPath);
        }
        catch (AxvaultException exception)
        {
            // The exchange has recorded its refusal.
            return exception.Error == AxvaultError.RateLimited ? OidcRefusals.TooMany(context, exception.RetryAfter, exception.Message)
                : exception.Status == HttpStatusCode.BadRequest
                    ? FailurePage.Refuse(
                        $"The rule {options.Rule} of this vault gives you no session. Ask an administrator: the audit log has the reason.",
                        StatusCodes.Status403Forbidden
                    )
                : FailurePage.Refuse($"The vault cannot sign you in now. {Again}", StatusCodes.Status503ServiceUnavailable);
        }
    }

    private Task<IResult> NotReachedAsync(HttpContext context, OidcOptions options, KeySetException exception) =>
        refusals.GiveAsync(
            context,
            exception.Message,
            $"{options.Name} cannot be reached now. Try again later, or sign in with an API key.",
            StatusCodes.Status503ServiceUnavailable
        );

    // Behind a proxy that ends TLS the request is plain. The browser says in Origin what it sees itself, and it was compared with the host.
    private static string OriginOf(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            ? origin.GetLeftPart(UriPartial.Authority)
            : $"{request.Scheme}://{request.Host}";

    // A redirect would not do: a form may lead to this server alone, and a strict cookie does not follow a redirect from another site.
    private static IResult Onward(HttpContext context, string title, string address)
    {
        // The addresses of both pages are for no one else.
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return Results.RazorSlice(Oidc.Onward.Create(new OnwardModel(title, address)));
    }
}
