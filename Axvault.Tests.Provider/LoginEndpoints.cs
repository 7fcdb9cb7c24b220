using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Axvault.Tests.Provider;

/// <summary>The pages on which a person logs in: at once in the authorization code flow, and by a button in the device flow.</summary>
internal static class LoginEndpoints
{
    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;
    private const string Decision = "decision";
    private const string Allow = "allow";

    /// <summary>Maps the pages.</summary>
    public static void MapLogins(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(ProviderClients.AuthorizePath, (Delegate)Authorize);
        endpoints.MapGet(ProviderClients.VerifyPath, (Delegate)ShowAsync);
        endpoints.MapPost(ProviderClients.VerifyPath, (Delegate)DecideAsync);
    }

    private static IResult Authorize(HttpContext context) =>
        Results.SignIn(Person(context.GetOpenIddictServerRequest()!.GetScopes()), authenticationScheme: Scheme);

    private static async Task<IResult> ShowAsync(HttpContext context)
    {
        var asked = await context.AuthenticateAsync(Scheme);
        var code = context.GetOpenIddictServerRequest()?.UserCode;
        return Results.Content(
            asked.Succeeded
                ? $"""
                    <!doctype html><title>Provider</title><p>Is it <b id="code">{WebUtility.HtmlEncode(code)}</b>?</p>
                    <form method="post"><input type="hidden" name="user_code" value="{WebUtility.HtmlEncode(code)}">
                    <button id="allow" name="{Decision}" value="{Allow}">Allow</button> <button id="deny" name="{Decision}" value="deny">Deny</button></form>
                    """
                : "<!doctype html><title>Provider</title><p id=\"end\">The code is done.</p>",
            "text/html"
        );
    }

    private static async Task<IResult> DecideAsync(HttpContext context)
    {
        var asked = await context.AuthenticateAsync(Scheme);
        if (asked.Principal is not { } principal || !asked.Succeeded)
        {
            return Results.Redirect(ProviderClients.VerifyPath);
        }

        var next = new AuthenticationProperties { RedirectUri = ProviderClients.VerifyPath };
        return context.Request.Form[Decision] == Allow
            ? Results.SignIn(Person(principal.GetScopes()), next, Scheme)
            : Results.Forbid(next, [Scheme]);
    }

    private static ClaimsPrincipal Person(IEnumerable<string> scopes)
    {
        var identity = new ClaimsIdentity(Scheme, Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, ProviderClients.Person);
        identity.SetScopes(scopes);
        identity.SetDestinations(static _ => [Destinations.AccessToken]);
        return new ClaimsPrincipal(identity);
    }
}
