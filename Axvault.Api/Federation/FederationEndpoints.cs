using Axvault.Api.Federation.Exchange;
using Axvault.Api.Federation.Issuers;
using Axvault.Api.Federation.Rules;

namespace Axvault.Api.Federation;

/// <summary>The calls of workload identity that need a key. The exchange of a token needs none (<see cref="TokenEndpoints"/>).</summary>
internal static class FederationEndpoints
{
    /// <summary>Maps the calls.</summary>
    public static void MapFederation(this IEndpointRouteBuilder api)
    {
        api.MapIssuers();
        api.MapRules();
        api.MapRuleTest();
    }
}
