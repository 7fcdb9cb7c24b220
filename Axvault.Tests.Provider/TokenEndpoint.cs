using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Axvault.Tests.Provider;

/// <summary>Issues tokens once OpenIddict has accepted a request, and decides for which user.</summary>
internal static class TokenEndpoint
{
    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    /// <summary>Maps the token endpoint.</summary>
    public static void MapTokenEndpoint(this IEndpointRouteBuilder endpoints) => endpoints.MapPost(ProviderClients.TokenPath, (Delegate)IssueAsync);

    private static async Task<IResult> IssueAsync(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("The request has not been through the authorization server.");
        var subject = request.IsPasswordGrantType() ? Subject(request) : (await context.AuthenticateAsync(Scheme)).Principal!;
        return Results.SignIn(subject, authenticationScheme: Scheme);
    }

    // Every user name is accepted, with any password.
    private static ClaimsPrincipal Subject(OpenIddictRequest request)
    {
        var identity = new ClaimsIdentity(Scheme, Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, request.Username);
        identity.SetScopes(request.GetScopes());
        identity.SetDestinations(static _ => [Destinations.AccessToken]);
        var subject = new ClaimsPrincipal(identity);
        if ((long?)request[ProviderClients.AccessTokenSeconds] is { } seconds)
        {
            subject.SetAccessTokenLifetime(TimeSpan.FromSeconds(seconds));
        }

        return subject;
    }
}
