using System.Security.Claims;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Axvault.Tests.Provider;

/// <summary>Answers with the owner of a valid access token.</summary>
internal static class WhoAmIEndpoint
{
    /// <summary>Maps the endpoint.</summary>
    public static void MapWhoAmI(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet(ProviderClients.WhoAmIPath, static (ClaimsPrincipal user) => user.FindFirstValue(Claims.Subject)).RequireAuthorization();
}
