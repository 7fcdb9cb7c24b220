using System.Security.Claims;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Axvault.Tests.Provider;

/// <summary>Tells the owner of an access token, and so whether the token is valid.</summary>
internal static class WhoAmIEndpoint
{
    /// <summary>Maps the endpoint.</summary>
    public static void MapWhoAmI(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet(ProviderClients.WhoAmIPath, static (ClaimsPrincipal user) => user.FindFirstValue(Claims.Subject)).RequireAuthorization();
}
